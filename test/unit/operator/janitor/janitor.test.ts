import { describe, expect, it } from "vitest";
import { poolLabel } from "../../../../src/api/objects/group.ts";
import type { LogStore } from "../../../../src/logs/logStore.ts";
import { runJanitor } from "../../../../src/operator/janitor/run.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { StoreError } from "../../../../src/store/error.ts";
import type { ObjectStore } from "../../../../src/store/objectStore.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { aPool } from "../../core/pool/world.ts";

const hour = 3_600_000;
const day = 24 * hour;
const log = createLog({ level: "silent" });

function aSite() {
  const clock = fakeClock();
  const embedded = openEmbeddedStore({ file: ":memory:", clock, log });
  const unreadable = new Set<string>();
  const store = withUnreadable(embedded, unreadable);
  const expired: number[] = [];
  const logs: LogStore = {
    put: async () => {},
    url: (path) => path,
    expire: async (maxAge) => expired.push(maxAge),
  };
  const end = new AbortController();
  return {
    clock,
    store,
    /** Names of objects with an invalid schema. */
    unreadable,
    expired,
    end,
    run: () => runJanitor({ store, logs, clock, log }, end.signal),
    pool: async (name: string, keep: string) =>
      void (await store.create("BuilderPool", { ...aPool({ logs: { keep } }), metadata: { name } })),
    builder: async (name: string, pool: string) =>
      void (await store.create("Builder", {
        apiVersion: "ci.alice.cern.ch/v1alpha1",
        kind: "Builder",
        metadata: { name },
        spec: { pool, desired: "Active", external: false },
      })),
    lease: async (name: string, labels: Record<string, string>) =>
      void (await store.create("Lease", {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, labels },
        spec: {},
      })),
    names: async () => [
      ...(await store.list("Builder")).map(({ metadata }) => metadata.name),
      ...(await store.list("Lease")).map(({ metadata }) => `lease ${metadata.name}`),
    ],
  };
}

/** A store with unreadable objects, as an API server has after writes of another version of this program. */
function withUnreadable(store: ObjectStore, names: ReadonlySet<string>): ObjectStore {
  return {
    ...store,
    async get(kind, name) {
      if (names.has(name)) throw new StoreError("Invalid", `${kind} "${name}" does not fit its schema`);
      return store.get(kind, name);
    },
    list: async (kind, selector) =>
      (await store.list(kind, selector)).filter(({ metadata }) => !names.has(metadata.name)),
  };
}

describe("the janitor", () => {
  it("deletes builders without a pool and heartbeats without a builder in the second run", async () => {
    const site = aSite();
    await site.pool("o2", "60d");
    await site.builder("o2-0", "o2");
    await site.builder("old-0", "old");
    await site.lease("o2-0", { [poolLabel]: "o2" });
    await site.lease("o2-7", { [poolLabel]: "o2" });
    await site.lease("somebody-else", {});
    const before = await site.names();
    const done = site.run();
    await site.clock.advance(hour / 2);
    expect(await site.names()).toEqual(before);
    await site.clock.advance(hour);
    expect(await site.names()).toEqual(["o2-0", "lease o2-0", "lease somebody-else"]);
    site.end.abort();
    await done;
  });

  it("keeps the objects of an existing pool or builder that cannot be read", async () => {
    const site = aSite();
    await site.pool("o2", "60d");
    await site.pool("o3", "60d");
    await site.builder("o2-0", "o2");
    await site.builder("o3-0", "o3");
    await site.lease("o3-0", { [poolLabel]: "o3" });
    site.unreadable.add("o2").add("o3-0");
    const done = site.run();
    await site.clock.advance(3 * hour);
    site.unreadable.clear();
    expect(await site.names()).toEqual(["o2-0", "o3-0", "lease o3-0"]);
    site.end.abort();
    await done;
  });

  it("expires logs every hour, after the longest `logs.keep` of all pools", async () => {
    const site = aSite();
    const done = site.run();
    await site.clock.advance(hour / 2);
    expect(site.expired).toEqual([]);
    await site.pool("o2", "60d");
    await site.pool("alidist", "90d");
    await site.clock.advance(hour);
    expect(site.expired).toEqual([90 * day]);
    site.end.abort();
    await done;
  });
});
