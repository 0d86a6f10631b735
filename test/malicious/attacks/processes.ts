import type { Attack } from "../attack.ts";

const killed = "After each order every process of the build user is killed";

/** Attacks on availability through processes and output. */
export const processes: readonly Attack[] = [
  {
    id: "A-20",
    kind: "availability",
    title: "starts processes that start processes",
    held: "The user has a limit of processes, and all are killed after the order",
    script: `ulimit -u 300; bomb() { bomb | bomb & }; (bomb); sleep 2`,
  },
  {
    id: "A-21",
    endsCell: true,
    kind: "availability",
    title: "stops its own cell with SIGSTOP",
    held: "A PID namespace protects the cell; elsewhere the builder kills a stopped cell",
    script: `
kill -STOP 1
for one in $(cells) $PPID; do kill -STOP "$one"; done
kill -STOP -1`,
  },
  {
    id: "A-22",
    endsCell: true,
    kind: "availability",
    title: "kills all processes of its user in a loop",
    held: "The builder sees the end of the cell and retries",
    script: `setsid sh -c 'trap "" TERM HUP; while kill -9 -1; do :; done' & kill -9 -1`,
  },
  {
    id: "A-23",
    kind: "availability",
    title: "leaves a daemon with an empty environment",
    held: killed,
    script: `
env -i PATH="$PATH" setsid sh -c "trap '' TERM HUP; while sleep 0.5; do $shout $id; done" < /dev/null > /dev/null &
sleep 0.2`,
  },
  {
    id: "A-24",
    kind: "availability",
    title: "leaves daemons that fork faster than a reader of /proc",
    held: killed,
    script: `
cat > "$TMPDIR/fork" <<'PERL'
$SIG{$_} = "IGNORE" for qw(TERM HUP INT);
%ENV = (); my $next = time;
while (1) { exit if fork; setpgrp; if (time > $next) { $next = time; system @ARGV } }
PERL
for one in 1 2; do setsid perl "$TMPDIR/fork" "$shout" "$id" < /dev/null > /dev/null & done; sleep 0.2`,
  },
  {
    id: "A-25",
    kind: "availability",
    title: "keeps its output open in a process of another session",
    held: "The builder closes the pipes after a bounded time",
    script: `setsid sh -c 'trap "" TERM HUP; sleep 900' & sleep 0.1`,
  },
  {
    id: "A-26",
    kind: "availability",
    title: "prints 100 MB",
    held: "Output is read with a bound, and its middle is left out",
    script: `yes "$(seq 2000 | tr '\\n' ' ')" | head -c 100M`,
  },
  {
    id: "A-27",
    kind: "availability",
    title: "prints Killed and ends with 137",
    held: "Only the counter of the kernel proves a kill for memory",
    result: "Failure",
    script: `echo "c++: fatal error: Killed signal terminated program cc1plus"; echo "Killed"; exit 137`,
  },
  {
    id: "A-28",
    kind: "availability",
    title: "kills aliBuild",
    held: "Only the counter of the kernel proves a kill for memory",
    result: "Failure",
    script: `for one in $(grep -l 'aliBuild' /proc/[0-9]*/cmdline | cut -d/ -f3); do kill -9 "$one"; done; sleep 5`,
  },
  {
    id: "A-29",
    endsCell: true,
    kind: "availability",
    title: "kills its own cell",
    held: "The builder sees the end of the cell and retries",
    script: `kill -9 1 $(cells); sleep 5`,
  },
  {
    id: "A-30",
    kind: "availability",
    title: "never ends and ignores all signals",
    held: "timeouts.build",
    result: "Failure",
    script: `trap "" TERM HUP INT; while :; do sleep 1; done`,
  },
  {
    id: "A-31",
    kind: "availability",
    title: "asks for all file descriptors, watches and locks of its user",
    held: killed,
    script: `
cat > "$TMPDIR/hold" <<'PERL'
$SIG{$_} = "IGNORE" for qw(TERM HUP);
for (1 .. 900) { open $f[$_], "<", "/dev/null" } sleep 900;
PERL
for one in $(seq 40); do setsid perl "$TMPDIR/hold" < /dev/null > /dev/null & done; sleep 0.5`,
  },
  {
    id: "A-32",
    kind: "availability",
    title: "locks every file of the sandbox",
    held: killed,
    script: `
find "$sandbox" -maxdepth 3 -type f -readable | while read -r one; do
  setsid flock -x "$one" sleep 900 < /dev/null > /dev/null & done; sleep 1`,
  },
  {
    id: "A-33",
    kind: "availability",
    title: "takes the lowest priority from the cell and the highest possible for itself",
    held: killed,
    script: `for one in /proc/[0-9]*; do renice -n 19 -p "$(basename "$one")"; done; chrt -f -p 99 $$; ionice -c 1 -p $$`,
  },
];
