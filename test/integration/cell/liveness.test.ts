import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { limitOrders } from "../../../src/builder/cells/timeLimit.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { handedOn } from "../../support/builder/handedOn.ts";
import { order, program } from "../../support/cell/cellScript.ts";
import { aServedCell, follow, node } from "../../support/cell/serveCell.ts";

const never = new AbortController().signal;

describe("the server of a cell container", () => {
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
});
