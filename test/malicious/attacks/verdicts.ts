import type { Attack } from "../attack.ts";

const success = `{"event":"outcome","outcome":{"kind":"Verdict","result":"Success","description":""}}`;

/** Attacks on results. The test of each one fails, so its only honest verdict is a failure. */
export const verdicts: readonly Attack[] = [
  {
    id: "V-01",
    kind: "verdicts",
    title: "writes a forged outcome to all descriptors of its cell",
    held: "The cell program is closed to its builds",
    result: "Failure",
    script: `for one in /proc/[0-9]*/fd/[0-9]*; do [ -p "$one" ] && ( timeout 1 sh -c 'printf "%s\\n" "$0" > "$1"' '${success}' "$one" ); done`,
  },
  {
    id: "V-02",
    kind: "verdicts",
    title: "prints a forged outcome",
    held: "Events have their own pipe, and builds do not inherit it",
    result: "Failure",
    script: `
printf '%s\\n' '${success}'; printf '%s\\n' '${success}' >&3; printf '%s\\n' '${success}' >&4
printf '%s\\n' 'Build of hello successfully completed on host.' '==> Build successful'`,
  },
  {
    id: "V-03",
    kind: "verdicts",
    title: "prints that the disk is full",
    held: "The cell measures the disk itself",
    result: "Failure",
    script: `echo "cc1plus: fatal error: write failed: No space left on device"; echo "OSError: [Errno 28] No space left on device"`,
  },
  {
    id: "V-04",
    kind: "verdicts",
    title: "forges a failed fetch",
    held: "A fetch that failed counts only before the first build of a package",
    result: "Failure",
    script: `
mkdir -p "$WORK_DIR/MIRROR"
printf '%s\\n' 'Command: git fetch' 'fatal: unable to access: Could not resolve host: github.com' > "$WORK_DIR/MIRROR/fetch-log.txt"
echo "fatal: unable to access 'https://github.com/': Could not resolve host: github.com"`,
  },
  {
    id: "V-05",
    kind: "verdicts",
    title: "replaces its log by links to other files",
    held: "Logs are read without following links",
    result: "Failure",
    script: `
find "$WORK_DIR/BUILD" -name log | while read -r one; do rm -f "$one"; ln -s /etc/hostname "$one"; done
find "$WORK_DIR/BUILD" -maxdepth 1 -name 'hello-latest*' | while read -r one; do rm -f "$one"; ln -s /etc "$one"; done`,
  },
  {
    id: "V-06",
    kind: "verdicts",
    title: "installs itself with the right hash before it fails",
    held: "The exit code of aliBuild decides",
    result: "Failure",
    script: `mkdir -p "$INSTALLROOT/bin"; echo "$PKGHASH" > "$INSTALLROOT/.build-hash"; mkdir -p "$packages/hello/forged"; echo "$PKGHASH" > "$packages/hello/forged/.build-hash"`,
  },
  {
    id: "V-07",
    kind: "verdicts",
    title: "deletes its logs",
    held: "The exit code of aliBuild decides",
    result: "Failure",
    script: `find "$WORK_DIR/BUILD" -name log -delete; rm -rf "$WORK_DIR/BUILD"/hello-latest*`,
  },
  {
    id: "V-08",
    kind: "verdicts",
    title: "prints forged memory kills of the kernel",
    held: "Only the counter of the kernel proves a kill for memory",
    result: "Failure",
    script: `echo "Out of memory: Killed process 42 (cc1plus)"; echo "oom_kill 7"; ( echo 9 > /sys/fs/cgroup/memory.events ); echo "virtual memory exhausted: Cannot allocate memory"`,
  },
  {
    id: "V-10",
    kind: "verdicts",
    title: "says in the output of aliBuild that a dependency of the base is broken",
    held: "Only the base cell decides about the base",
    script: `
for one in $(grep -l aliBuild /proc/[0-9]*/cmdline | cut -d/ -f3); do
  printf '%s\\n' 'ERROR: BUILD FAILED: hellolib@1.0' 'ERROR: Unable to parse hellolib.sh' > "/proc/$one/fd/1"
done
kill -9 $$`,
  },
];
