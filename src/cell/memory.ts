import { readFile } from "node:fs/promises";

const counters = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/** How many processes of this container the kernel has killed for their memory so far; 0 where it does not say. */
export async function memoryKills(): Promise<number> {
  const texts = await Promise.all(counters.map((path) => readFile(path, "utf8").catch(() => "")));
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (?<count>[0-9]+)/m.exec(text)?.groups?.["count"] ?? 0), 0);
}
