import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CellEvent } from "../../../src/api/cell/event.ts";
import type { Order } from "../../../src/api/cell/order.ts";
import { noIsolation, probeIsolation } from "../../../src/builder/cells/isolation.ts";
import { createProcessCells } from "../../../src/builder/cells/processCells.ts";
import { limitOrders } from "../../../src/builder/cells/timeLimit.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { helloCheck } from "../../support/cell/world.ts";

const node = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
const environment = { PATH: process.env["PATH"] ?? "" };
/** Sleeps take a twentieth of their time. */
const clock = { sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 20, signal) };
const never = new AbortController().signal;
const paths = { area: "/nowhere", tools: "/nowhere", home: "/nowhere", tmp: "/nowhere" };
const limits = { logBytes: 0, maxAge: 0, minFree: 0 };
const id = `cells-test-${process.pid}`;
const asked = { id, cell: "base", task: "selftest", check: helloCheck } as const;
const order: Order = { ...asked, sources: [], paths, limits, gitUrl: "", debug: false };

/** Cells that run the given script. In the script, `say` writes an event, and `order` is the order. */
function aCell(script: string, isolation = noIsolation) {
  const root = mkdtempSync(join(tmpdir(), "builderpool-cells-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const program = join(root, "cell.mjs");
  const prelude = `
    import { writeSync } from "node:fs";
    import { spawn } from "node:child_process";
    import { createInterface } from "node:readline";
    const say = (event) => writeSync(3, JSON.stringify(event) + "\\n");
    const done = { event: "outcome", outcome: { kind: "Done", message: "ok" } };
    const [line] = await new Promise((resolve) => createInterface({ input: process.stdin }).once("line", (l) => resolve([l])));
    const order = JSON.parse(line);
    process.stdin.on("end", () => process.exit(1));
  `;
  writeFileSync(program, `${prelude}\n${script}\n`);
  const output = join(root, "output.log");
  const record = join(root, "cell.json");
  const options = { node, program, output, record, isolation, environment };
  const cells = createProcessCells({ ...options, clock, log: createLog({ level: "silent" }) });
  const events: CellEvent[] = [];
  return {
    cells,
    events,
    record,
    output: () => readFileSync(output, "utf8"),
    run: (signal = never) => cells.run(order, (event) => events.push(event), signal),
  };
}

async function until(done: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${done}`);
    await systemClock.sleep(20);
  }
}

const alive = (pid: number) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "");
  } catch {
    return false;
  }
};

describe("a cell process", () => {
  it("reads its order, sends its events and gives its outcome", async () => {
    const { run, events, output } = aCell(`
      say({ event: "step", step: "build" });
      console.log("building", order.id);
      console.error("a warning");
      say(done);
      process.exit(0);
    `);
    expect(await run()).toEqual({ kind: "Done", message: "ok" });
    expect(events).toEqual([{ event: "step", step: "build" }]);
    expect(output()).toContain(`building ${order.id}\n`);
    expect(output()).toContain("a warning\n");
  });

  it("starts with an environment of PATH and its marker alone", async () => {
    const { run, output } = aCell("console.log(JSON.stringify(process.env)); say(done); process.exit(0);");
    await run();
    expect(JSON.parse(output())).toEqual({ ...environment, BUILDERPOOL_CELL: order.id });
  });

  it("has a record on disk only while it runs", async () => {
    const { run, record } = aCell('console.log("up"); setInterval(() => {}, 1000);');
    const end = new AbortController();
    const running = run(end.signal);
    running.catch(() => {});
    await until(() => {
      try {
        return alive(JSON.parse(readFileSync(record, "utf8")).pid);
      } catch {
        return false;
      }
    });
    expect(JSON.parse(readFileSync(record, "utf8"))).toMatchObject({
      id: order.id,
      startTime: expect.stringMatching(/^\d+$/),
    });
    end.abort(new Error("superseded"));
    await expect(running).rejects.toThrow("superseded");
    expect(() => readFileSync(record)).toThrow("ENOENT");
  });

  it("does not start for an order that is stopped while its user is prepared", async () => {
    const { run, output } = aCell("say(done);");
    const end = new AbortController();
    const running = run(end.signal);
    end.abort(new Error("superseded"));
    await expect(running).rejects.toThrow("superseded");
    expect(output).toThrow("ENOENT");
  });

  it("gives an infrastructure failure with its last line when it dies without an outcome", async () => {
    const { run } = aCell('console.error("cannot go on"); process.exit(3);');
    expect(await run()).toEqual({
      kind: "Infrastructure",
      reason: "CellDied",
      message: "The cell exited with 3 before it gave an outcome; its last output: cannot go on",
    });
  });

  it("gives an infrastructure failure that mentions memory when it is killed", async () => {
    const { run } = aCell('process.kill(process.pid, "SIGKILL");');
    expect(await run()).toMatchObject({ reason: "CellDied", message: expect.stringContaining("memory") });
  });

  it("has its invalid lines dropped and its outcome accepted", async () => {
    const { run, events } = aCell(`writeSync(3, "nonsense\\n{}\\n\\u0000\\n"); say(done); process.exit(0);`);
    expect(await run()).toEqual({ kind: "Done", message: "ok" });
    expect(events).toEqual([]);
  });

  it("is killed when it stays after its outcome or ignores SIGTERM", async () => {
    const deaf =
      'process.on("SIGTERM", () => {}); process.stdin.removeAllListeners("end"); setInterval(() => {}, 1000);';
    const stopped = aCell(`${deaf} say({ event: "progress", message: "deaf" });`);
    const end = new AbortController();
    const running = stopped.run(end.signal);
    running.catch(() => {});
    await until(() => stopped.events.length > 0);
    end.abort(new Error("stop"));
    await expect(running).rejects.toThrow("stop");
    expect(await aCell(`${deaf} say(done);`).run()).toEqual({ kind: "Done", message: "ok" });
  });

  it("leaves no process alive, not even in another session", async () => {
    const { run, output } = aCell(`
      const child = spawn("setsid", ["sleep", "300"], { detached: true, stdio: "ignore" });
      child.unref();
      console.log(child.pid);
      setTimeout(() => { say(done); process.exit(0); }, 200);
    `);
    await run();
    await until(() => !alive(Number(output().trim())));
  });

  it("runs in its own PID namespace where the system allows it", async () => {
    const isolation = await probeIsolation(environment);
    if (process.getuid?.() === 0 && process.platform === "linux") expect(isolation.prefix[0]).toBe("unshare");
    if (isolation.prefix.length === 0) return;
    const { run, output } = aCell(
      `console.log(process.pid);
       spawn("sh", ["-c", "setsid env -i sleep 43${process.pid} & setsid env -i sleep 43${process.pid} &"], { stdio: "ignore" });
       setTimeout(() => { say(done); process.exit(0); }, 300);`,
      isolation,
    );
    expect(await run()).toEqual({ kind: "Done", message: "ok" });
    expect(output()).toBe("1\n");
    const commands = readdirSync("/proc").map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    });
    expect(commands.filter((command) => command.includes(`43${process.pid}`))).toEqual([]);
  });

  it("exits at once when it is stopped during its start, also in its own PID namespace", async () => {
    const { run } = aCell("setInterval(() => {}, 1000);", await probeIsolation(environment));
    for (const delay of [0, 20, 60]) {
      const end = new AbortController();
      const began = Date.now();
      setTimeout(() => end.abort(new Error("stop")), delay);
      await expect(run(end.signal)).rejects.toThrow("stop");
      expect(Date.now() - began).toBeLessThan(5_000);
    }
  });

  it("is killed when a process of its order stops it with SIGSTOP", async () => {
    const { run, output } = aCell(`
      const child = spawn("sh", ["-c", "kill -STOP $PPID; sleep 300"], { stdio: "ignore" });
      console.log(child.pid);
      setInterval(() => {}, 1000);
    `);
    const began = Date.now();
    expect(await run()).toMatchObject({
      reason: "CellDied",
      message: "A process of the order stopped the cell (SIGSTOP), so the builder killed it",
    });
    expect(Date.now() - began).toBeLessThan(10_000);
    await until(() => !alive(Number(output().trim())));
  });

  it("cannot be stopped by a process of its order in its own PID namespace", async () => {
    const isolation = await probeIsolation(environment);
    if (isolation.prefix.length === 0) return;
    const { run } = aCell(
      `spawn("sh", ["-c", "kill -STOP $PPID; kill -STOP -1; sleep 300"], { stdio: "ignore" });
       setTimeout(() => { say(done); process.exit(0); }, 500);`,
      isolation,
    );
    expect(await run()).toEqual({ kind: "Done", message: "ok" });
  });

  it("ends at the limit of its order, also while it is stopped", async () => {
    const { cells, events } = aCell(
      `say({ event: "step", step: "build" }); process.kill(process.pid, "SIGSTOP"); setInterval(() => {}, 1000);`,
    );
    const short = { ...order, check: { ...helloCheck, timeouts: { command: "1ms", build: "1ms" } } };
    // The margin is 30 minutes: a clock that runs 3,000 times as fast passes it in less than a second.
    const fast = {
      monotonic: () => performance.now() * 3_000,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 3_000, signal),
    };
    const limited = limitOrders(cells, { clock: fast, log: createLog({ level: "silent" }) });
    expect(await limited.run(short, (event) => events.push(event), never)).toMatchObject({
      kind: "Infrastructure",
      reason: "CellDied",
      message: "The cell did not end its order (selftest) within 30m, so the builder stopped it",
    });
    expect(events).toEqual([{ event: "step", step: "build" }]);
  });

  it("gives an infrastructure failure when it cannot be started", async () => {
    const { run } = aCell("", { ...noIsolation, prefix: ["/nonexistent/unshare"] });
    expect(await run()).toMatchObject({ reason: "CellDied", message: expect.stringContaining("could not be started") });
  });
});
