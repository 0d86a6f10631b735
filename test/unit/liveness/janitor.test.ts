import { describe, expect, it } from "vitest";
import { poolLabel } from "../../../src/api/group.ts";
import type { LogStore } from "../../../src/logs/logStore.ts";
import { runJanitor } from "../../../src/operator/janitor/run.ts";
import { openEmbeddedStore } from "../../../src/store/embedded.ts";
import { createLog } from "../../../src/system/log.ts";
import { fakeClock } from "../../support/fakeClock.ts";
import { aPool } from "../pool/world.ts";

const hour = 3_600_000;
const day = 24 * hour;
const log = createLog({ level: "silent" });

function aSite() {
  const clock = fakeClock();
  const store = openEmbeddedStore({ file: ":memory:", clock, log });
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

describe("the janitor", () => {
  it("deletes builders without a pool and heartbeats without a builder, at the second look", async () => {
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

  it("expires logs every hour, as late as the pool that keeps them longest wants", async () => {
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
