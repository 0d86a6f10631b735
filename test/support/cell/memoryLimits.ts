import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "./serveCell.ts";

/**
 * A command prefix that sets a memory limit. With its own mount namespace the command sees the limit as a container
 * does. Undefined without root or cgroup v1.
 */
export const memoryLimits =
  process.getuid?.() === 0 && existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes")
    ? {
        to(bytes: number): readonly string[] {
          const group = `/sys/fs/cgroup/memory/builderpool-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
          mkdirSync(group);
          onTestFinished(() => until(() => rmdirIfEmpty(group)));
          writeFileSync(join(group, "memory.limit_in_bytes"), String(bytes));
          const script = 'echo $$ > "$1/cgroup.procs"; mount --bind "$1" /sys/fs/cgroup/memory; shift; exec "$@"';
          return ["sh", "-ec", script, "sh", group];
        },
      }
    : undefined;

function rmdirIfEmpty(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}
