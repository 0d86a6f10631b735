import { describe, expect, it, onTestFinished } from "vitest";
import { createHeartbeat } from "../../../../src/builder/report/heartbeat.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { StoreError } from "../../../../src/store/error.ts";
import type { ObjectStore } from "../../../../src/store/objectStore.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";

const log = createLog({ level: "silent" });

function aHeartbeat() {
  const clock = fakeClock();
  const embedded = openEmbeddedStore({ file: ":memory:", clock, log });
  const end = new AbortController();
  onTestFinished(() => {
    end.abort();
    embedded.close();
  });
  const state = { isDown: false, isReplaced: false };
  const store: Pick<ObjectStore, "get" | "create" | "update"> = {
    get: (kind, name) =>
      state.isDown ? Promise.reject(new StoreError("Unavailable", "down")) : embedded.get(kind, name),
    create: (kind, object) => embedded.create(kind, object),
    update: (kind, object) => embedded.update(kind, object),
  };
  const start = (incarnation: string) => {
    const heartbeat = createHeartbeat({
      clock,
      log,
      name: "o2-0",
      pool: "o2",
      incarnation,
      store,
      self: () => undefined,
    });
    void heartbeat.run(end.signal, {
      beat: () => {},
      renewed: () => {},
      replaced: () => {
        state.isReplaced = true;
      },
    });
    return heartbeat;
  };
  return { clock, start, state, lease: async () => (await embedded.get("Lease", "o2-0"))?.spec };
}

describe("the heartbeat of a builder", () => {
  it("renews a Lease with the incarnation every 15 seconds", async () => {
    const { clock, start, lease } = aHeartbeat();
    start("first");
    await clock.advance(0);
    expect(await lease()).toMatchObject({ holderIdentity: "first", renewTime: "2026-01-01T00:00:00.000Z" });
    await clock.advance(15_000);
    expect(await lease()).toMatchObject({ renewTime: "2026-01-01T00:00:15.000Z", leaseTransitions: 0 });
  });

  it("allows no start before the first acknowledged heartbeat", () => {
    const { start } = aHeartbeat();
    expect(start("first").mayStart()).toBe(false);
  });

  it("allows starts for a minute after the last acknowledged heartbeat, and kills after 15 minutes", async () => {
    const { clock, start, state } = aHeartbeat();
    const heartbeat = start("first");
    await clock.advance(0);
    state.isDown = true;
    await clock.advance(60_000);
    expect(heartbeat.mayStart()).toBe(true);
    await clock.advance(1_000);
    expect([heartbeat.mayStart(), heartbeat.mustKill()]).toEqual([false, false]);
    await clock.advance(15 * 60_000 - 61_000);
    expect(heartbeat.mustKill()).toBe(false);
    await clock.advance(1_000);
    expect(heartbeat.mustKill()).toBe(true);
    state.isDown = false;
    await clock.advance(5_000);
    expect([heartbeat.mayStart(), heartbeat.mustKill()]).toEqual([true, false]);
  });

  it("takes over the Lease of an earlier process, and reports the replacement to it", async () => {
    const { clock, start, state, lease } = aHeartbeat();
    const first = start("first");
    await clock.advance(10_000);
    start("second");
    await clock.advance(0);
    expect(await lease()).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
    expect(state.isReplaced).toBe(false);
    await clock.advance(5_000);
    expect(state.isReplaced).toBe(true);
    expect(await lease()).toMatchObject({ holderIdentity: "second" });
    expect(first.mayStart()).toBe(false);
  });

  it("never takes the Lease back from the process that replaced this one", async () => {
    const { clock, start, lease } = aHeartbeat();
    const first = start("first");
    await clock.advance(10_000);
    const second = start("second");
    await clock.advance(60_000);
    expect(await lease()).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
    expect([first.mayStart(), second.mayStart()]).toEqual([false, true]);
  });
});
