import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EmbeddedStore, openEmbeddedStore } from "../../../src/store/embedded/embedded.ts";
import { retryOnConflict } from "../../../src/store/write.ts";
import { createLog } from "../../../src/system/log.ts";
import { aBuilder, readyStatus } from "../../contract/objects.ts";
import { fakeClock } from "../../support/fakeClock.ts";

describe("retryOnConflict", () => {
  let store: EmbeddedStore;
  beforeEach(() => {
    store = openEmbeddedStore({ file: ":memory:", clock: fakeClock(), log: createLog({ level: "silent" }) });
  });
  afterEach(() => store.close());

  /** The store, with `interfere` called after each read. */
  const disturbed = (interfere: () => Promise<unknown>) => ({
    ...store,
    get: async (...args: Parameters<typeof store.get>) => {
      const object = await store.get(...args);
      await interfere();
      return object;
    },
  });

  it("changes the current object and returns the stored one", async () => {
    await store.create("Builder", aBuilder("a"));
    const drained = await retryOnConflict(
      store,
      "Builder",
      "a",
      (builder) => ({ ...builder, spec: { ...builder.spec, desired: "Drain" } }),
      "object",
    );

    expect(drained).toEqual(await store.get("Builder", "a"));
    expect(drained?.spec.desired).toBe("Drain");
  });

  it("starts with the seen object and reads only after a conflict", async () => {
    const seen = await store.create("Builder", aBuilder("a"));
    let reads = 0;
    const counted = disturbed(async () => {
      reads += 1;
    }) as typeof store;
    const say = (phase: "Ready" | "Warming") =>
      retryOnConflict(
        counted,
        "Builder",
        "a",
        (now) => ({ ...now, status: { ...readyStatus, phase } }),
        "status",
        seen,
      );

    expect((await say("Warming"))?.status?.phase).toBe("Warming");
    expect(reads).toBe(0);
    expect((await say("Ready"))?.status?.phase).toBe("Ready");
    expect(reads).toBe(1);
  });

  it("reads again after a conflict, so no write is lost", async () => {
    const created = await store.create("Builder", aBuilder("a"));
    let times = 0;
    const busy = disturbed(async () => {
      times += 1;
      if (times === 1) await store.update("Builder", { ...created, spec: { ...created.spec, desired: "Drain" } });
    });
    const written = await retryOnConflict(
      busy as typeof store,
      "Builder",
      "a",
      (builder) => ({ ...builder, status: readyStatus }),
      "status",
    );

    expect(times).toBe(2);
    expect(written).toMatchObject({ spec: { desired: "Drain" }, status: readyStatus });
  });

  it("returns undefined without a write when the change declines or the object is gone", async () => {
    const created = await store.create("Builder", aBuilder("a"));

    expect(await retryOnConflict(store, "Builder", "a", () => undefined, "object")).toBeUndefined();
    expect(await store.get("Builder", "a")).toEqual(created);
    expect(await retryOnConflict(store, "Builder", "nobody", (builder) => builder, "object")).toBeUndefined();
  });

  it("returns undefined when the object is deleted between read and write", async () => {
    await store.create("Builder", aBuilder("a"));
    const vanishing = disturbed(() => store.delete("Builder", "a")) as typeof store;
    const change = retryOnConflict(vanishing, "Builder", "a", (b) => ({ ...b, status: readyStatus }), "status");

    expect(await change).toBeUndefined();
  });

  it("throws Conflict after the last attempt, and other errors at once", async () => {
    let builder = await store.create("Builder", aBuilder("a"));
    let turn = 0;
    const restless = disturbed(async () => {
      turn += 1;
      builder = await store.updateStatus("Builder", { ...builder, status: { ...readyStatus, message: `${turn}` } });
    }) as typeof store;
    const wish = { ...readyStatus, message: "mine" };

    await expect(
      retryOnConflict(restless, "Builder", "a", (b) => ({ ...b, status: wish }), "status"),
    ).rejects.toMatchObject({ code: "Conflict" });
    await expect(
      retryOnConflict(
        store,
        "Builder",
        "a",
        (b) => ({ ...b, status: { ...readyStatus, message: "x".repeat(2000) } }),
        "status",
      ),
    ).rejects.toMatchObject({ code: "Invalid" });
  });
});
