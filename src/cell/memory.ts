import { readFile } from "node:fs/promises";

const limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
const counters = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/** How many processes of this container the kernel has killed for their memory so far; 0 where it does not say. */
export async function memoryKills(): Promise<number> {
  const texts = await Promise.all(counters.map((path) => readFile(path, "utf8").catch(() => "")));
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (?<count>[0-9]+)/m.exec(text)?.groups?.["count"] ?? 0), 0);
}

/** Memory this container may use, as people write it; undefined where there is no limit. */
export async function memoryLimit(): Promise<string | undefined> {
  const texts = await Promise.all(limits.map((path) => readFile(path, "utf8").catch(() => "")));
  const bytes = texts.map(Number).find((value) => value > 0 && value < 2 ** 60);
  return bytes === undefined ? undefined : `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** `ran out of memory (limit 512 MiB)`, the end of a sentence; without the limit where there is none. */
export async function ranOutOfMemory(): Promise<string> {
  const limit = await memoryLimit();
  return limit === undefined ? "ran out of memory" : `ran out of memory (limit ${limit})`;
}
