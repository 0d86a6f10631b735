import { readFile } from "node:fs/promises";

const limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
const counters = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/** The number of processes of this container that the kernel has killed for lack of memory; 0 if unknown. */
export async function countMemoryKills(): Promise<number> {
  const texts = await Promise.all(counters.map((path) => readFile(path, "utf8").catch(() => "")));
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (?<count>[0-9]+)/m.exec(text)?.groups?.["count"] ?? 0), 0);
}

/** The memory limit of this container, such as `512 MiB`; undefined without a limit. */
export async function readMemoryLimit(): Promise<string | undefined> {
  const texts = await Promise.all(limits.map((path) => readFile(path, "utf8").catch(() => "")));
  const bytes = texts.map(Number).find((value) => value > 0 && value < 2 ** 60);
  return bytes === undefined ? undefined : `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** The clause `ran out of memory (limit 512 MiB)`, or `ran out of memory` without a limit. */
export async function outOfMemoryClause(): Promise<string> {
  const limit = await readMemoryLimit();
  return limit === undefined ? "ran out of memory" : `ran out of memory (limit ${limit})`;
}
