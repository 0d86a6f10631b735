import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CellEvent } from "../../../src/api/cell/event.ts";
import type { Order } from "../../../src/api/cell/order.ts";
import { limitOrders } from "../../../src/builder/cells/timeLimit.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { handedOn } from "../../support/builder/handedOn.ts";
import { memoryLimits } from "../../support/cell/memoryLimits.ts";
import { aServedCell, commandsWith, follow, node, serveProgram, until } from "../../support/cell/serveCell.ts";
import { cellProgram, steps } from "../../support/cell/startCell.ts";
import { aCellWorld, helloCheck } from "../../support/cell/world.ts";

const never = new AbortController().signal;
const paths = { area: "/nowhere", tools: "/nowhere", home: "/nowhere", tmp: "/nowhere" };
const limits = { logBytes: 0, maxAge: 0, minFree: 0 };
const order = (id: string): Order => ({
  id,
  task: "selftest",
  check: helloCheck,
  sources: [],
  paths,
  limits,
  gitUrl: "",
  debug: false,
});
/** Identifies the processes of one test on this machine. */
let sleeps = 0;
const uniqueSleep = () => {
  sleeps += 1;
  return `${process.pid}${sleeps}.25`;
};

/** A cell program of a few lines: `emit` writes an event, `order` is the order. */
function program(script: string): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), "builderpool-program-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, "cell.mjs");
  const prelude = `
    import { writeSync, rmSync, writeFileSync } from "node:fs";
    import { spawn } from "node:child_process";
    import { createInterface } from "node:readline";
    const emit = (event) => writeSync(3, JSON.stringify(event) + "\\n");
    const done = { event: "outcome", outcome: { kind: "Done", message: "ok" } };
    const line = await new Promise((resolve) => createInterface({ input: process.stdin }).once("line", resolve));
    const order = JSON.parse(line);
    const shell = (command) => spawn("sh", ["-c", command], { stdio: "ignore" });
  `;
  writeFileSync(path, `${prelude}\n${script}\n`);
  return [node, path];
}

describe("a cell that listens on a socket", () => {
  it("builds a pull request with git and aliBuild and prints the output of the build", async () => {
    const { cells, start } = await aServedCell([node, cellProgram]);
    const container = await start();
    const world = aCellWorld();
    const commit = world.hello.propose({ "hello.in": 'echo "echo changed"\n' });
    const events: CellEvent[] = [];

    const outcome = await cells.run(world.order({ pullRequest: { number: 1, commit } }), (e) => events.push(e), never);

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    expect(steps(events)).toEqual(expect.arrayContaining(["tool", "checkout", "merge", "build", "logs"]));
    expect(container.output()).toMatch(/^--- test-.*: build build\/hello\/o2 o\/hello#1 [0-9a-f]{40}$/m);
    expect(container.output()).toContain("aliBuild");
  });

  it("opens its socket only to its own user and group", async () => {
    const { socket, start } = await aServedCell(program(""));
    await start();
    expect((statSync(socket).mode & 0o777).toString(8)).toBe("770");
  });

  it("kills all processes of an order, also those without its session, parent and environment", async () => {
    const sleep = uniqueSleep();
    const { cells, start } = await aServedCell(
      program(`shell("setsid env -i sleep ${sleep} & setsid env -i sleep ${sleep} &");
        setTimeout(() => { emit(done); process.exit(0); }, 300);`),
    );
    const container = await start();
    expect(await cells.run(order("left"), () => {}, never)).toEqual({ kind: "Done", message: "ok" });
    expect(commandsWith(sleep)).toEqual([]);
    expect(container.output()).toMatch(/--- left ended; killed [1-9] processes that it left behind/);
  });

  it("has killed all processes when a stopped order rejects", async () => {
    const sleep = uniqueSleep();
    const { cells, start } = await aServedCell(
      program(`shell("setsid env -i sleep ${sleep}"); process.on("SIGTERM", () => {});
        setTimeout(() => emit({ event: "step", step: "build" }), 300); setInterval(() => {}, 1000);`),
    );
    await start();
    const events: CellEvent[] = [];
    const end = new AbortController();
    const running = cells.run(order("stopped"), (event) => events.push(event), end.signal);
    running.catch(() => {});
    await until(() => events.length > 0);
    expect(commandsWith(sleep)).not.toEqual([]);
    end.abort(new Error("superseded"));
    await expect(running).rejects.toThrow("superseded");
    expect(commandsWith(sleep)).toEqual([]);
  });

  it("ends the order of a dead builder, then takes the next order", async () => {
    const sleep = uniqueSleep();
    const { cells, socket, start } = await aServedCell(
      program(`if (order.id === "next") { emit(done); process.exit(0); }
        shell("setsid env -i sleep ${sleep}"); setInterval(() => {}, 1000);`),
    );
    await start();
    const builder = follow(
      spawn(node, [
        "-e",
        `const s = require("net").connect(${JSON.stringify(socket)}); s.once("data", () => s.write(${JSON.stringify(
          `${JSON.stringify(order("orphaned"))}\n`,
        )}))`,
      ]),
    );
    await until(() => commandsWith(sleep).length > 0);
    const next = cells.run(order("next"), () => {}, never);
    builder.child.kill("SIGKILL");
    expect(await next).toEqual({ kind: "Done", message: "ok" });
    expect(commandsWith(sleep)).toEqual([]);
  });

  it("takes one order at a time: a second connection waits", async () => {
    const { cells, start } = await aServedCell(
      program(`emit({ event: "progress", message: order.id + " begins" });
        setTimeout(() => { emit({ event: "progress", message: order.id + " ends" }); emit(done); process.exit(0); }, 400);`),
    );
    await start();
    const messages: string[] = [];
    const onEvent = (event: CellEvent) => void (event.event === "progress" && messages.push(event.message));
    await Promise.all([cells.run(order("a"), onEvent, never), cells.run(order("b"), onEvent, never)]);
    expect(messages.map((text) => text.split(" ")[1])).toEqual(["begins", "ends", "begins", "ends"]);
  });

  it("reports a cell program that exits without an outcome", async () => {
    const killed = await aServedCell(program('writeSync(3, "half a li"); process.kill(process.pid, "SIGKILL");'));
    await killed.start();
    expect(await killed.cells.run(order("killed"), () => {}, never)).toEqual({
      kind: "Infrastructure",
      reason: "CellDied",
      message: "The cell was killed by SIGKILL, most likely because memory ran out before it gave an outcome",
    });
    const failed = await aServedCell(program('console.error("cannot go on"); process.exit(3);'));
    await failed.start();
    expect(await failed.cells.run(order("failed"), () => {}, never)).toMatchObject({
      message: "The cell exited with 3 before it gave an outcome; its last output: cannot go on",
    });
    const absent = await aServedCell(["/nonexistent/loader"]);
    await absent.start();
    expect(await absent.cells.run(order("absent"), () => {}, never)).toMatchObject({
      reason: "CellDied",
      message: expect.stringContaining("could not be started"),
    });
  });

  it.runIf(memoryLimits !== undefined)("reports that its container ran out of memory, with the limit", async () => {
    const { cells, start } = await aServedCell(
      program("const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1));"),
      { enter: memoryLimits?.to(2 ** 28) ?? [] },
    );
    await start();
    expect(await cells.run(order("hungry"), () => {}, never)).toEqual({
      kind: "Infrastructure",
      reason: "OutOfMemory",
      message: "The cell was killed: its container ran out of memory (limit 256 MiB)",
    });
  });

  it("reports a dead container as an infrastructure failure; the next order waits for its restart", async () => {
    const sleep = uniqueSleep();
    const { cells, start } = await aServedCell(
      program(`if (order.id === "next") { emit(done); process.exit(0); }
        shell("setsid env -i sleep ${sleep}"); setTimeout(() => emit({ event: "step", step: "build" }), 300);
        setInterval(() => {}, 1000);`),
    );
    const container = await start();
    const outcome = await cells.run(order("first"), () => container.child.kill("SIGKILL"), never);
    expect(outcome).toMatchObject({
      kind: "Infrastructure",
      reason: "CellDied",
      message: expect.stringContaining("kubectl describe pod o2-0"),
    });
    await until(() => commandsWith(sleep).length === 0);
    const next = cells.run(order("next"), () => {}, never);
    await start();
    expect(await next).toEqual({ kind: "Done", message: "ok" });
  });

  it.runIf(memoryLimits !== undefined)("quotes the memory limit of a killed container", async () => {
    const { cells, start } = await aServedCell(
      program(`setTimeout(() => emit({ event: "step", step: "build" }), 300); setInterval(() => {}, 1000);`),
      { enter: memoryLimits?.to(2 ** 28) ?? [] },
    );
    const container = await start();
    const outcome = await cells.run(order("swept"), () => container.child.kill("SIGKILL"), never);
    expect(outcome).toMatchObject({
      reason: "CellDied",
      message: expect.stringContaining(
        "most likely because memory ran out (limit 256 MiB); see Last State and Events in `kubectl describe pod o2-0`",
      ),
    });
  });

  it("keeps an order waiting for its container until the order is stopped", async () => {
    const { cells } = await aServedCell(program(""));
    const end = new AbortController();
    const running = cells.run(order("early"), () => {}, end.signal);
    setTimeout(() => end.abort(new Error("drained")), 200);
    await expect(running).rejects.toThrow("drained");
  });

  it("gets no order from a builder of another version", async () => {
    const { cells, start } = await aServedCell(program("emit(done); process.exit(0);"), { builderVersion: "9.9.9" });
    const container = await start();
    expect(await cells.run(order("new"), () => {}, never)).toMatchObject({
      reason: "CellDied",
      message: expect.stringMatching(/has version .* and the builder 9\.9\.9.*delete pod o2-0/),
    });
    expect(container.output()).not.toContain("--- new");
  });

  it("exits after a build replaced its socket", async () => {
    const { cells, socket, start } = await aServedCell(
      program(`rmSync(order.gitUrl); writeFileSync(order.gitUrl, "");
        emit(done); process.exit(0);`),
    );
    const container = await start();
    await cells.run({ ...order("impostor"), gitUrl: socket }, () => {}, never);
    expect(await container.ended).toMatchObject({ code: 1 });
    expect(container.output()).toContain("was replaced by a build");
  });

  it("exits at once on SIGTERM, with all processes of the order", async () => {
    const sleep = uniqueSleep();
    const { cells, start } = await aServedCell(
      program(`shell("setsid env -i sleep ${sleep}"); setTimeout(() => emit({ event: "step", step: "build" }), 300);
        setInterval(() => {}, 1000);`),
    );
    const container = await start();
    const running = cells.run(order("term"), () => process.kill(container.serving(), "SIGTERM"), never);
    expect(await running).toMatchObject({ reason: "CellDied" });
    expect(await container.ended).toMatchObject({ code: 0 });
    await until(() => commandsWith(sleep).length === 0);
  });

  it("answers its liveness probe before, while and after an order runs, and not while it is stopped", async () => {
    const { cells, probe, start } = await aServedCell(
      program(`emit({ event: "step", step: "build" }); setInterval(() => {}, 1000);`),
    );
    expect(await probe().ended).toMatchObject({ code: 1 });
    const container = await start();
    expect(await probe().ended).toMatchObject({ code: 0 });
    const end = new AbortController();
    const begun = Promise.withResolvers<void>();
    const running = cells.run(order("probed"), () => begun.resolve(), end.signal);
    running.catch(() => {});
    await begun.promise;
    expect(await probe().ended).toMatchObject({ code: 0 });
    process.kill(container.serving(), "SIGSTOP");
    const [began, stopped] = [Date.now(), probe()];
    expect(await stopped.ended).toMatchObject({ code: 1 });
    expect(stopped.output()).toMatch(/^The cell server does not answer: no line within 4 s/);
    expect(Date.now() - began).toBeLessThan(5_000);
    process.kill(container.serving(), "SIGCONT");
    expect(await probe().ended).toMatchObject({ code: 0 });
    end.abort(new Error("over"));
    await expect(running).rejects.toThrow("over");
    expect(await probe().ended).toMatchObject({ code: 0 });
  });

  it("keeps its probe name while it is stopped: a build cannot answer in its place", async () => {
    const { probe, start } = await aServedCell(program(""));
    const container = await start();
    process.kill(container.serving(), "SIGSTOP");
    const name = probe().child.spawnargs.at(-1);
    const impostor = follow(
      spawn(node, ["-e", `require("net").createServer((c) => c.end("alive")).listen("\\0${name}")`], {
        env: handedOn(process.env),
      }),
    );
    expect(await impostor.ended).toMatchObject({ code: 1 });
    expect(impostor.output()).toContain("EADDRINUSE");
    process.kill(container.serving(), "SIGCONT");
  });

  it.runIf(process.getuid?.() === 0)(
    "outlives probes in its PID namespace, which it kills after its orders",
    async () => {
      const { cells, probe, start } = await aServedCell(program("emit(done); process.exit(0);"));
      const container = await start();
      const enter = ["nsenter", "--target", String(container.serving()), "--pid", "--mount"];
      const codes: (number | null)[] = [];
      let isOver = false;
      const probing = [1, 2, 3].map(async () => {
        while (!isOver) codes.push((await probe(enter).ended).code);
      });
      for (let n = 0; n < 8; n += 1)
        expect(await cells.run(order(`o${n}`), () => {}, never)).toEqual({ kind: "Done", message: "ok" });
      isOver = true;
      await Promise.all(probing);
      expect(codes).toContain(0);
      expect(codes).not.toContain(1);
      expect(container.child.exitCode).toBeNull();
    },
  );

  it("counts as dead when it is stopped until the limit of its order, and its new container takes the next", async () => {
    const { cells, start } = await aServedCell(
      program(`if (order.id === "next") { emit(done); process.exit(0); }
        emit({ event: "step", step: "build" }); setInterval(() => {}, 1000);`),
      { haste: 200 },
    );
    const container = await start();
    const fast = {
      monotonic: () => performance.now() * 3_000,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 3_000, signal),
    };
    const limited = limitOrders(cells, { clock: fast, log: createLog({ level: "silent" }) });
    const outcome = await limited.run(order("stuck"), () => process.kill(container.serving(), "SIGSTOP"), never);
    expect(outcome).toMatchObject({
      reason: "CellDied",
      message: expect.stringContaining("so the builder stopped it"),
    });
    const next = cells.run(order("next"), () => {}, never);
    container.child.kill("SIGKILL"); // as the kubelet does after three failed probes
    await container.ended;
    await start();
    expect(await next).toEqual({ kind: "Done", message: "ok" });
  });

  it("counts as dead when it does not end its order after the outcome", async () => {
    const { cells, start } = await aServedCell(program("emit(done); setInterval(() => {}, 1000);"), { haste: 200 });
    await start();
    expect(await cells.run(order("lasting"), () => {}, never)).toMatchObject({
      reason: "CellDied",
      message: expect.stringMatching(/did not end its order.*kubectl describe pod o2-0/),
    });
  });

  it("refuses --alone beside other processes", async () => {
    const root = mkdtempSync(join(tmpdir(), "builderpool-alone-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const args = [serveProgram, "--alone", "--socket", join(root, "s"), "--", node, cellProgram];
    const { ended, output } = follow(spawn(node, args, { env: handedOn(process.env) }));
    expect(await ended).toMatchObject({ code: 64 });
    expect(output()).toMatch(/^--alone: expected a PID namespace .* found [0-9]+ others, which it would kill; .*\n$/);
  });

  it.each([
    { args: ["--", "cell"], says: "--socket: expected the path to listen on, found none" },
    { args: ["--socket", "/tmp/x"], says: "expected -- and the command of the cell program, found none" },
  ])("does not start with $args", async ({ args, says }) => {
    const { ended, output } = follow(spawn(node, [serveProgram, ...args], { env: handedOn(process.env) }));
    expect(await ended).toMatchObject({ code: 64 });
    expect(output()).toBe(`${says}\n`);
  });

  it("kills the processes marked with the order in a shared PID namespace", async () => {
    const sleep = uniqueSleep();
    const root = mkdtempSync(join(tmpdir(), "builderpool-shared-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const socket = join(root, "cell.sock");
    const command = program(`shell("setsid sleep ${sleep}"); setInterval(() => {}, 1000);`);
    const serving = follow(
      spawn(node, [serveProgram, "--socket", socket, "--", ...command], { env: handedOn(process.env) }),
    );
    onTestFinished(() => void serving.child.kill("SIGKILL"));
    await until(() => serving.output().includes("listening"));
    const builder = connect(socket);
    builder.once("data", () => builder.write(`${JSON.stringify(order("shared"))}\n`));
    await until(() => commandsWith(sleep).length > 0);
    builder.destroy();
    await until(() => commandsWith(sleep).length === 0);
  });
});
