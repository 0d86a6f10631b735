import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exists } from "../programs/cache.ts";
import { kill } from "./daemons.ts";

const root = "/sys/fs/cgroup";

/** The cgroup folders of this machine: one with cgroup v2, one for each controller with v1. */
async function hierarchies(): Promise<string[]> {
  if (await exists(join(root, "cgroup.controllers"))) return [root];
  return (await readdir(root)).map((name) => join(root, name));
}

/** Creates a cgroup in every hierarchy, with the controllers that a kubelet needs. */
export async function createCgroup(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const folder = join(hierarchy, name);
    await mkdir(folder, { recursive: true });
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const inherited = await readFile(join(hierarchy, file), "utf8").catch(() => undefined);
      if (inherited !== undefined) await writeFile(join(folder, file), inherited);
    }
    if (hierarchy !== root) continue;
    for (const parent of [root, folder]) {
      await writeFile(join(parent, "cgroup.subtree_control"), "+cpu +cpuset +memory +pids");
    }
  }
}

/** Kills all processes below the cgroup and deletes it. A missing cgroup is fine. */
export async function deleteCgroup(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const folder = join(hierarchy, name);
    for (let round = 0; round < 100 && (await exists(folder)); round += 1) {
      if (round > 0) await sleep(50);
      await empty(folder);
    }
  }
}

async function empty(folder: string): Promise<void> {
  const below = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of below) if (entry.isDirectory()) await empty(join(folder, entry.name));
  const processes = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  for (const pid of processes.split("\n").filter((line) => line !== "" && line !== "0")) kill(Number(pid), "SIGKILL");
  await rmdir(folder).catch(() => undefined);
}
