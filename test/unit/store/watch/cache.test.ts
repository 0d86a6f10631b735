import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EmbeddedStore, openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { createCache, isSameSpec } from "../../../../src/store/watch/cache.ts";
import { createLog } from "../../../../src/system/log.ts";
import { brief } from "../../../contract/follow.ts";
import { aBuilder } from "../../../contract/objects.ts";
import { fakeClock, settled } from "../../../support/fakeClock.ts";

describe("the cache", () => {
  let store: EmbeddedStore;
  let stop: AbortController;
  beforeEach(() => {
    store = openEmbeddedStore({ file: ":memory:", clock: fakeClock(), log: createLog({ level: "silent" }) });
    stop = new AbortController();
  });
  afterEach(() => {
    stop.abort();
    store.close();
  });

  it("holds all existing objects sorted by name once synced", async () => {
    for (const name of ["b", "c", "a"]) await store.create("Builder", aBuilder(name));
    const cache = createCache(store, "Builder", { signal: stop.signal });
    await cache.synced;

    expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(["a", "b", "c"]);
    expect(cache.get("b")).toEqual(await store.get("Builder", "b"));
    expect(cache.list()).toBe(cache.list());
  });

  it("applies each change before reporting it", async () => {
    const told: string[] = [];
    const cache = createCache(store, "Builder", {
      signal: stop.signal,
      onChange: (change) => told.push(`${brief(change)} ${cache.get(change.object.metadata.name) !== undefined}`),
    });
    await cache.synced;
    const created = await store.create("Builder", aBuilder("a"));
    await settled();
    await store.update("Builder", { ...created, spec: { ...created.spec, desired: "Drain" } });
    await settled();
    expect(cache.get("a")?.spec.desired).toBe("Drain");

    await store.delete("Builder", "a");
    await settled();
    expect(cache.list()).toEqual([]);
    expect(told).toEqual(["Added a true", "Modified a true", "Deleted a false"]);
  });

  it("reports the previous object, which shows whether the spec changed", async () => {
    const told: (boolean | string)[] = [];
    const cache = createCache(store, "Builder", {
      signal: stop.signal,
      onChange: (change, before) => told.push(before?.spec.desired ?? "nothing", isSameSpec(change, before)),
    });
    await cache.synced;
    const created = await store.create("Builder", aBuilder("a"));
    await settled();
    const spoken = await store.updateStatus("Builder", {
      ...created,
      status: { phase: "Ready", incarnation: "process-1" },
    });
    await settled();
    await store.update("Builder", { ...spoken, spec: { ...spoken.spec, desired: "Drain" } });
    await settled();
    await store.delete("Builder", "a");
    await settled();

    expect(told).toEqual(["nothing", false, "Active", true, "Active", false, "Drain", false]);
  });

  it("holds only objects that match its selector", async () => {
    await store.create("Builder", aBuilder("a", { labels: { pool: "o2" } }));
    await store.create("Builder", aBuilder("b"));
    const cache = createCache(store, "Builder", { signal: stop.signal, selector: { labels: { pool: "o2" } } });
    await cache.synced;

    expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  it("drops objects that a Synced omits", async () => {
    const a = await store.create("Builder", aBuilder("a"));
    const told: string[] = [];
    const relisting = {
      async *watch() {
        yield { type: "Added", object: a } as const;
        yield { type: "Synced", names: new Set<string>() } as const;
      },
    };
    const cache = createCache(relisting as never, "Builder", {
      signal: stop.signal,
      onChange: (change) => told.push(brief(change)),
    });
    await cache.synced;

    expect(cache.list()).toEqual([]);
    expect(told).toEqual(["Added a", "Deleted a"]);
  });

  it("returns frozen objects", async () => {
    await store.create("Builder", aBuilder("a"));
    const cache = createCache(store, "Builder", { signal: stop.signal });
    await cache.synced;

    expect(() => Object.assign(cache.get("a")?.spec ?? {}, { pool: "other" })).toThrow(TypeError);
  });

  it("rejects `synced` when it is stopped before", async () => {
    stop.abort(new Error("stopped"));

    await expect(createCache(store, "Builder", { signal: stop.signal }).synced).rejects.toThrow("stopped");
  });
});
