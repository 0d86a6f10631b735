import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Files of a control group in both versions, below the mount of each. */
const versions = [
  { mount: "/sys/fs/cgroup", controller: "", limit: "memory.max", counter: "memory.events" },
  {
    mount: "/sys/fs/cgroup/memory",
    controller: "memory",
    limit: "memory.limit_in_bytes",
    counter: "memory.oom_control",
  },
] as const;

/** The number of processes of this container or order that the kernel has killed for lack of memory; 0 if unknown. */
export async function countMemoryKills(): Promise<number> {
  const texts = await readAll("counter");
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (?<count>[0-9]+)/m.exec(text)?.groups?.["count"] ?? 0), 0);
}

/** The memory limit of this container or order, such as `512 MiB`; undefined without a limit. */
export async function readMemoryLimit(): Promise<string | undefined> {
  const limits = (await readAll("limit")).map(Number).filter((value) => value > 0 && value < 2 ** 60);
  return limits.length === 0 ? undefined : `${Math.round(Math.min(...limits) / 2 ** 20)} MiB`;
}

/** The clause `ran out of memory (limit 512 MiB)`, or `ran out of memory` without a limit. */
export async function outOfMemoryClause(): Promise<string> {
  const limit = await readMemoryLimit();
  return limit === undefined ? "ran out of memory" : `ran out of memory (limit ${limit})`;
}

/** The texts of a file in the group of this process. A container sees its own group at the mount. */
async function readAll(file: "limit" | "counter"): Promise<readonly string[]> {
  const lines = (await readFile("/proc/self/cgroup", "utf8").catch(() => ""))
    .split("\n")
    .map((line) => line.split(":"));
  const paths = versions.flatMap(({ mount, controller, [file]: name }) => {
    const line = lines.find(([, names]) => names?.split(",").includes(controller));
    return [join(mount, name), join(mount, line?.slice(2).join(":") ?? "", name)];
  });
  const texts = await Promise.all([...new Set(paths)].map((path) => readFile(path, "utf8").catch(() => "")));
  return texts.filter((text) => text !== "");
}
