import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CellEvent } from "../../../src/api/cell/event.ts";
import { handedOn } from "../../support/builder/handedOn.ts";
import { order, program } from "../../support/cell/cellScript.ts";
import { memoryLimits } from "../../support/cell/memoryLimits.ts";
import { aServedCell, commandsWith, follow, node, serveProgram, until } from "../../support/cell/serveCell.ts";
import { cellProgram, steps } from "../../support/cell/startCell.ts";
import { aCellWorld } from "../../support/cell/world.ts";

const never = new AbortController().signal;
/** Identifies the processes of one test on this machine. */
let sleeps = 0;
const uniqueSleep = () => {
  sleeps += 1;
  return `${process.pid}${sleeps}.25`;
};

describe("a cell that listens on a socket", () => {
  it("builds a pull request with git and aliBuild and prints the output of the build", async () => {
    const { cells, start } = await aServedCell([node, cellProgram], { cell: "build" });
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

  it("refuses an order for the other cell, and starts nothing", async () => {
    const { cells, start } = await aServedCell(program(`console.log("started");`), { cell: "build" });
    const container = await start();
    expect(await cells.run(order("other"), () => {}, never)).toMatchObject({
      kind: "Infrastructure",
      message: 'The cell got an order for the cell "base", but it is the cell "build"; this is a bug of the builder',
    });
    expect(container.output()).not.toContain("started");
  });

  it("refuses --alone beside other processes", async () => {
    const root = mkdtempSync(join(tmpdir(), "builderpool-alone-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const args = [serveProgram, "--alone", "--cell", "base", "--socket", join(root, "s"), "--", node, cellProgram];
    const { ended, output } = follow(spawn(node, args, { env: handedOn(process.env) }));
    expect(await ended).toMatchObject({ code: 64 });
    expect(output()).toMatch(/^--alone: expected a PID namespace .* found [0-9]+ others, which it would kill; .*\n$/);
  });

  it.each([
    { args: ["--", "cell"], says: "--socket: expected the path to listen on, found none" },
    { args: ["--socket", "/tmp/x", "--", "cell"], says: "--cell: expected base or build, found none" },
    { args: ["--socket", "/tmp/x", "--cell", "both", "--", "c"], says: "--cell: expected base or build, found both" },
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
      spawn(node, [serveProgram, "--cell", "base", "--socket", socket, "--", ...command], {
        env: handedOn(process.env),
      }),
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
