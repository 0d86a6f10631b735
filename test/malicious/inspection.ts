import { type Ground, prelude } from "./attack.ts";

/**
 * A test of `hello` on the base branch, so every honest build runs it. It searches for the canaries of other builds and
 * records the greeting of the program that it tests.
 */
export function inspection(ground: Ground): string {
  return `${prelude("honest", ground).replace(/\n\($/, "")}
mark="canary-$run-[A-Z]-[0-9][0-9]*"
order=\${BUILDERPOOL_CELL:-none}
tell() { while read -r line; do "$reports/report" "$1 $order $line"; done; }
found() { sed "s/^\\(.*\\)canary-$run-\\([A-Z]-[0-9]*\\)\\(.*\\)$/\\2 found \\1/" | sort -u | awk '++seen[$1] <= 2' | tell found; }
places="$HOME $TMPDIR $tools $area $sandbox/area $sandbox/base"
timeout 30 grep -raosI "$mark" $places 2> /dev/null | found
timeout 30 find $places -name "*canary-$run-*" 2> /dev/null | found
find /tmp /var/tmp /dev/shm /dev/mqueue -xdev -path "$work" -prune -o -maxdepth 2 -name "*canary-$run-*" -print 2> /dev/null | found
"$reports/told" everywhere | while read -r one; do [ -e "$one" ] && echo "$one"; done | found
grep -s "$mark" /proc/keys | found
"$reports/told" ipc | while read -r who kind number; do
  awk -v n="$number" '$2 == n { found = 1 } END { exit !found }' "/proc/sysvipc/$kind" && "$reports/report" "found $order $who found SysV $kind $number"
done
"$reports/report" "inspected $("$1")"
`;
}
