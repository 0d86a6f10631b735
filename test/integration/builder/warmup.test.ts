import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { aBuilder } from "../../support/builder/builderWorld.ts";
import { endless } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

describe("a warm-up", () => {
  it("ignores the marker of an earlier process", async () => {
    const { cells, sandbox, self, start, until } = await aBuilder();
    mkdirSync(join(sandbox, "state"), { recursive: true });
    const marker = join(sandbox, "state/ready");
    writeFileSync(marker, '{"incarnation":"process-0","revision":"r1","at":"2026-01-01T00:00:00.000Z"}\n');
    cells.script = (_order, _on, signal) => endless(signal);
    start();
    await until(async () => cells.running() > 0);
    expect(() => readFileSync(marker)).toThrow("ENOENT");
    const status = await until(async () => (await self())?.warmup && self());
    expect(status).toMatchObject({ phase: "Warming", warmup: { done: 2, total: 3 } });
  });

  it("builds the base branch of every check, and continues after a base that does not compile", async () => {
    const checks = [{ name: "build/hello" }, { name: "build/other", branch: "next" }];
    const { cells, reaches, start } = await aBuilder({ warmup: { builds: "All" }, checks });
    cells.script = async (order) => ({
      kind: "Done",
      message: "",
      ...(order.task === "warmup" && { compiled: order.check.name === "build/hello" }),
    });
    start();
    expect((await reaches("Ready")).message).toBe("next does not compile for build/other");
    expect(cells.orders.map(({ task }) => task)).toEqual(["selftest", "warmup", "warmup"]);
  });

  it("shows the longest names that a pool may have", async () => {
    const checks = [{ name: `build/${"n".repeat(190)}`, branch: "b".repeat(200) }];
    const { cells, self, start, until } = await aBuilder({ warmup: { builds: "All" }, checks });
    cells.script = (order, _on, signal) => (order.task === "warmup" ? endless(signal) : undefined);
    start();
    const doing = await until(async () => (await self())?.warmup?.doing);
    expect(doing).toMatch(/^Building b+ for build\/n+$/);
  });

  it("retries and shows an infrastructure failure, and is not Ready before success", async () => {
    const { cells, reaches, self, start, until } = await aBuilder();
    let tries = 0;
    const seen: string[] = [];
    cells.script = async () => {
      tries += 1;
      seen.push((await self())?.phase ?? "");
      if (tries < 4) return { kind: "Infrastructure", reason: "ToolInstallFailed", message: "pip found no network" };
      return { kind: "Done", message: "" };
    };
    start({ clock: hurriedClock(700) });
    const retry = await until(async () => {
      const { warmup } = (await self()) ?? {};
      return warmup?.failures?.some((text) => text.includes("pip found")) ? warmup.retryAt : undefined;
    });
    expect(retry).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect((await reaches("Ready")).warmup).toEqual({ done: 3, total: 3, progressAt: expect.any(String) });
    expect(tries).toBe(4);
    expect(seen.slice(1)).toEqual(["Warming", "Warming", "Warming"]);
  });

  it("shows no progress while a step keeps failing, until a try lasts longer than the earlier tries", async () => {
    const { cells, reaches, self, start, until } = await aBuilder();
    const held = new Map([1, 4].map((number) => [number, Promise.withResolvers<void>()]));
    onTestFinished(() => {
      for (const { resolve } of held.values()) resolve();
    });
    let tries = 0;
    let emitStep = () => {};
    cells.script = async (_, on) => {
      tries += 1;
      emitStep = () => on({ event: "step", step: "prepare" });
      emitStep();
      await held.get(tries)?.promise;
      if (tries < 4) return { kind: "Infrastructure", reason: "ToolInstallFailed", message: "pip found no network" };
      return { kind: "Done", message: "" };
    };
    const progress = async () => Date.parse((await self())?.warmup?.progressAt ?? "");
    start({ clock: hurriedClock(700) });
    await until(async () => tries === 1 && (await progress()) > 0);
    const firstFailed = Date.now();
    held.get(1)?.resolve();
    await until(async () => tries === 4 && (await self())?.warmup?.failures?.length === 1);
    expect(await progress()).toBeLessThanOrEqual(firstFailed);
    await until(async () => {
      emitStep();
      return (await progress()) > firstFailed;
    });
    held.get(4)?.resolve();
    await reaches("Ready");
  });
});
