import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ControlGroups, probeControlGroups } from "../../../src/builder/cells/controlGroups.ts";
import { countMemoryKills } from "../../../src/cell/memory.ts";
import { run } from "../../../src/system/process/run.ts";

const groups = probeControlGroups();
const canLimit = typeof groups !== "string";
const env = { PATH: process.env["PATH"] ?? "" };

function opened({ open }: ControlGroups) {
  return open() ?? expect.fail("no group");
}

/** Runs a shell script in the groups of an order. */
async function inGroup(script: string, use: (text: string, folders: readonly string[]) => Promise<void> | void) {
  const group = opened(groups as ControlGroups);
  const folders = group.prefix.filter((word) => word.startsWith("/"));
  const [command = "", ...args] = [...group.prefix, "sh", "-c", script];
  try {
    const { stdout } = await run({ command, args, cwd: "/", env });
    await use(stdout, folders);
  } finally {
    await group.close();
  }
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
}

describe.runIf(canLimit)("the control groups of an order", () => {
  it("contain all its processes, with limits of memory and processes", async () => {
    await inGroup("cat /proc/self/cgroup", (text, folders) => {
      for (const folder of folders) expect(text).toContain(folder.slice(folder.lastIndexOf("/")));
      const limits = folders.flatMap((folder) =>
        ["memory.max", "memory.limit_in_bytes", "pids.max"]
          .map((name) => `${folder}/${name}`)
          .filter((path) => existsSync(path))
          .map((path) => Number(readFileSync(path, "utf8"))),
      );
      expect(limits).toHaveLength(2);
      expect(limits).toContain(8_192);
    });
  });

  it("end every process, also a daemon with an empty environment that another user cannot find", async () => {
    const mark = "1234.567891";
    await inGroup(`setsid env -i sleep ${mark} > /dev/null 2>&1 & sleep 0.2`, () => {
      expect(execFileSync("ps", ["-eo", "args"]).toString()).toContain(`sleep ${mark}`);
    });
    expect(execFileSync("ps", ["-eo", "args"]).toString()).not.toContain(`sleep ${mark}`);
  });

  it("end processes that fork without a pause", async () => {
    const group = opened(groups as ControlGroups);
    const bomb = "import os\nwhile True:\n  try:\n    os.fork()\n  except OSError:\n    pass";
    const folders = group.prefix.filter((word) => word.startsWith("/"));
    const pids = folders.find((folder) => existsSync(`${folder}/pids.max`)) ?? expect.fail("no pids");
    const [command = "", ...args] = [...group.prefix, "sh", "-c", 'echo 200 > "$1/pids.max"; exec python3 -c "$2"'];
    const ended = run({ command, args: [...args, "sh", pids, bomb], cwd: "/", env });
    const count = () => Number(readFileSync(`${pids}/pids.current`, "utf8"));
    try {
      await expect.poll(count, { timeout: 60_000 }).toBeGreaterThan(150);
    } finally {
      expect(await group.close()).toBeGreaterThan(150);
    }
    expect((await ended).exitCode).toBeUndefined();
    expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it("count the kills for memory of this order alone", async () => {
    const before = await countMemoryKills();
    const memory = new URL("../../../src/cell/memory.ts", import.meta.url).pathname;
    const counted = `import { countMemoryKills, readMemoryLimit } from ${JSON.stringify(memory)}; console.log(await countMemoryKills(), await readMemoryLimit())`;
    const script = `
      for file in memory.max memory.limit_in_bytes; do
        for one in $FOLDERS; do if [ -e "$one/$file" ]; then echo 200000000 > "$one/$file"; fi; done
      done
      python3 -c 'bytearray(400000000)' 2> /dev/null
      exec node --input-type=module -e '${counted}'`;
    const group = opened(groups as ControlGroups);
    const folders = group.prefix.filter((word) => word.startsWith("/"));
    const [command = "", ...args] = [...group.prefix, "sh", "-c", script];
    const { stdout } = await run({ command, args, cwd: "/", env: { ...env, FOLDERS: folders.join(" ") } });
    await group.close();
    expect(stdout).toBe("1 191 MiB\n");
    expect(await countMemoryKills()).toBe(before);
  });
});

describe("a user without control groups", () => {
  it.runIf(canLimit)("gets the reason", () => {
    process.seteuid?.(65_534);
    try {
      expect(probeControlGroups()).toBe("only root can create them");
    } finally {
      process.seteuid?.(0);
    }
  });
});
