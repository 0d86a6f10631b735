import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Order } from "../../../src/api/cell/order.ts";
import { probeControlGroups } from "../../../src/builder/cells/controlGroups.ts";
import { type Isolation, noIsolation, probeIsolation } from "../../../src/builder/cells/isolation.ts";
import { createProcessCells } from "../../../src/builder/cells/processCells.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { killUser, usersWithProcesses } from "../../../src/system/process/killUser.ts";

const isRootOnLinux = process.getuid?.() === 0 && process.platform === "linux";
const user = { uid: 78_005, gid: 78_005, isExclusive: true };
const node = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
const groups = probeControlGroups();
const environment = { PATH: process.env["PATH"] ?? "" };
const becomeUser = resolve(import.meta.dirname, "../../../src/cell/user.ts");

/** A cell program: becomes its user as the real program does, reads its order, runs the script and succeeds. */
const program = (script: string) => `
  import { execFileSync, spawn } from "node:child_process";
  import { readFileSync, writeFileSync, writeSync } from "node:fs";
  import { becomeUser } from ${JSON.stringify(becomeUser)};
  becomeUser(process.argv[3]);
  process.stdin.once("data", async () => {
    ${script}
    writeSync(3, JSON.stringify({ event: "outcome", outcome: { kind: "Done", message: "ok" } }) + "\\n");
    process.exit(0);
  });
`;

/** A daemon: forks twice, starts a session and empties its environment. */
const daemon = `python3 -c '
import os
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.closerange(0, 64)
os.execve("/usr/bin/env", ["env", "-i", "sleep", "1000"], {})'`;

describe.runIf(isRootOnLinux)("a cell of a build user", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "fences-"));
    chmodSync(root, 0o755);
  });
  afterEach(async () => {
    await killUser(user);
    rmSync(root, { recursive: true });
  });

  async function run(script: string, isolation: Isolation): Promise<string> {
    const path = join(root, "cell.mjs");
    writeFileSync(path, program(script));
    const output = join(root, "output.log");
    const record = join(root, "cell.json");
    const log = createLog({ level: "silent" });
    const given = typeof groups === "string" ? {} : { groups };
    const options = {
      ...given,
      node,
      program: path,
      output,
      record,
      isolation,
      environment,
      user,
      clock: systemClock,
      log,
    };
    const outcome = await createProcessCells(options).run(
      { id: "o1" } as Order,
      () => {},
      new AbortController().signal,
    );
    expect(outcome).toEqual({ kind: "Done", message: "ok" });
    return readFileSync(output, "utf8");
  }

  it.each([false, true])("has no rights and bounded resources (in a namespace: %s)", async (isIsolated) => {
    const isolation = isIsolated ? await probeIsolation(environment) : noIsolation;
    const text = await run(
      `let lowered = "no";
       console.log(readFileSync("/proc/self/status", "utf8") + readFileSync("/proc/self/limits", "utf8"));
       console.log("oom " + readFileSync("/proc/self/oom_score_adj", "utf8"));
       try { writeFileSync("/proc/self/oom_score_adj", "0"); lowered = "yes"; } catch {}
       console.log("lowered " + lowered);`,
      isolation,
    );
    expect(text).toMatch(/^Uid:\t78005\t78005\t78005\t78005$/m);
    expect(text).toMatch(/^Gid:\t78005\t78005\t78005\t78005$/m);
    expect(text).toMatch(/^Groups:\s*$/m);
    expect(text).toMatch(/^NoNewPrivs:\t1$/m);
    for (const set of ["Inh", "Prm", "Eff", "Amb"]) expect(text).toMatch(new RegExp(`^Cap${set}:\\t0{16}$`, "m"));
    expect(text).toMatch(/^CapBnd:\t00000000000000c4$/m);
    expect(text).toMatch(/^Max core file size\s+0\s+0/m);
    expect(text).toMatch(/^Max processes\s+8192\s+8192/m);
    expect(text).toMatch(/^oom 1000$/m);
    if (mayLimit()) expect(text).toMatch(/^lowered no$/m);
  });

  it.runIf(typeof groups !== "string").each([false, true])(
    "has control groups of its own, which end with it (in a namespace: %s)",
    async (isIsolated) => {
      const isolation = isIsolated ? await probeIsolation(environment) : noIsolation;
      const text = await run(`console.log(readFileSync("/proc/self/cgroup", "utf8"));`, isolation);
      const paths = text.match(/\/builderpool-order-[0-9-]+$/gm) ?? [];
      expect(paths.length).toBeGreaterThan(0);
      expect(new Set(paths).size).toBe(1);
      expect(readFileSync("/proc/self/cgroup", "utf8")).not.toContain("builderpool-order");
    },
  );

  it("is closed to the processes of its own user", async () => {
    const text = await run(
      `for (const name of ["environ", "mem", "fd/3", "fd/0"])
         console.log(name, execFileSync("sh", ["-c", "cat /proc/" + process.pid + "/" + name + " > /dev/null 2>&1 && echo open || echo closed"]).toString());`,
      noIsolation,
    );
    expect(text.match(/closed|open/g)).toEqual(["closed", "closed", "closed", "closed"]);
  });

  it("cannot become root through a setuid program", async () => {
    const text = await run(
      `console.log(execFileSync("sh", ["-c", "cp /usr/bin/id . 2>/dev/null; su -c id root </dev/null 2>&1 || true; id -u"]).toString());`,
      noIsolation,
    );
    expect(text).toMatch(/^78005$/m);
    expect(text).not.toContain("uid=0");
  });

  it.each([false, true])("leaves no daemon alive (in a namespace: %s)", async (isIsolated) => {
    const isolation = isIsolated ? await probeIsolation(environment) : noIsolation;
    const script = `execFileSync("sh", ["-c", ${JSON.stringify(daemon)}]);`;
    await run(`${script} await new Promise((resolve) => setTimeout(resolve, 200));`, isolation);
    expect((await usersWithProcesses()).has(user.uid)).toBe(false);
  });

  it("starts after the processes that an earlier builder left of its user have died", async () => {
    const { spawn } = await import("node:child_process");
    spawn("setsid", ["sleep", "1000"], {
      uid: user.uid,
      gid: user.gid,
      detached: true,
      stdio: "ignore",
      env: environment,
    }).unref();
    await sleep(200);
    const text = await run(`console.log(execFileSync("ps", ["-u", "78005", "-o", "args="]).toString());`, noIsolation);
    expect(text).not.toContain("sleep 1000");
  });
});

/** The kernel keeps the score only if the writer had CAP_SYS_RESOURCE. */
function mayLimit(): boolean {
  const effective = /^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${effective}`) & (1n << 24n)) !== 0n;
}
