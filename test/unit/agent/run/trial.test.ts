import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { watchTrial } from "../../../../src/agent/run/trial.ts";
import { beginTrial, isOnTrial, selectVersion, versionIn } from "../../../../src/agent/service/versions.ts";
import type { BuilderPhase } from "../../../../src/api/objects/builder.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";

const log = createLog({ level: "silent" });

/** An agent of v2 on trial, after v1. */
async function anUpdate() {
  const root = mkdtempSync(join(tmpdir(), "trial-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  await selectVersion(root, "v1");
  await beginTrial(root, "v2");
  const clock = fakeClock();
  const state = { phase: "Pending" as BuilderPhase, isConnected: true, troubles: [] as (string | undefined)[] };
  const journal = {
    status: () => ({ phase: state.phase, incarnation: "i1" }),
    isConnected: () => state.isConnected,
    setTrouble: (_: unknown, sentence: string | undefined) => void state.troubles.push(sentence),
  };
  const end = new AbortController();
  const watch = () => watchTrial({ root, journal, clock, log }, end.signal);
  return { root, clock, state, watch, end };
}

/** Lets a loop with real files look once a 15 s. */
async function pass(clock: ReturnType<typeof fakeClock>, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 15_000) {
    await expect.poll(() => clock.sleeping()).toBe(1);
    await clock.advance(15_000);
  }
}

describe("an update on trial", () => {
  it.each(["Warming", "Ready", "Drained"] as const)("stays when the builder is %s", async (phase) => {
    const { root, clock, state, watch } = await anUpdate();
    const watched = watch();
    await pass(clock, 60_000);
    state.phase = phase;
    await pass(clock, 15_000);
    expect(await watched).toBe(false);
    expect([await versionIn(root, "current"), await isOnTrial(root)]).toEqual(["v2", false]);
  });

  it("is undone after 5 min without a warm-up, and the previous version says so", async () => {
    const { root, clock, state, watch } = await anUpdate();
    const watched = watch();
    await pass(clock, 5 * 60_000);
    expect(await watched).toBe(true);
    expect([await versionIn(root, "current"), await isOnTrial(root)]).toEqual(["v1", false]);
    expect(readFileSync(join(root, "undone"), "utf8")).toMatch(/^v2 was not Ready or Warming within 5 min/);
    expect(await watch()).toBe(false);
    expect(state.troubles.at(-1)).toMatch(/^the update to v2 was not Ready.*the version before it runs/);
  });

  it("is undone when it never connects", async () => {
    const { root, clock, state, watch } = await anUpdate();
    state.phase = "Ready";
    state.isConnected = false;
    const watched = watch();
    await pass(clock, 5 * 60_000);
    expect(await watched).toBe(true);
    expect(await versionIn(root, "current")).toBe("v1");
  });

  it("stays on trial when the agent is stopped before", async () => {
    const { root, clock, watch, end } = await anUpdate();
    const watched = watch();
    await pass(clock, 15_000);
    end.abort();
    expect(await watched).toBe(false);
    expect(await isOnTrial(root)).toBe(true);
  });
});
