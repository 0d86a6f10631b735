import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isStoreError } from "../../../src/store/error.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { aBuilder } from "../../contract/objects.ts";
import { type ControlPlane, startControlPlane } from "../../support/cluster/controlPlane/controlPlane.ts";
import { until } from "../../support/cluster/until.ts";
import { installDefinitions } from "../../support/kubernetes/namespaces.ts";
import { aFollower, drain } from "../support/faulty.ts";

let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane();
  await installDefinitions(cluster.kubeconfig);
});
afterAll(() => cluster.close());

describe("a watch with repeated connection cuts", () => {
  it("continues without a list, and neither loses nor repeats a change", async () => {
    await using follower = await aFollower(cluster.kubeconfig);
    const { writer, path, counts } = follower;
    for (let round = 1; round <= 5; round += 1) {
      await writer.create("Builder", aBuilder(`o2-${round}`));
      path.cut();
      await drain(writer, `o2-${round}`, "cut");
      if (round % 2 === 0) await writer.delete("Builder", `o2-${round}`);
      await until("the watch is open again", async () => counts.Opened > round);
    }
    await follower.agrees();

    expect(counts).toMatchObject({ Listed: 1, Expired: 0, Failed: 5 });
    expect(follower.changes.filter((line) => line.startsWith("Deleted"))).toEqual(["Deleted o2-2", "Deleted o2-4"]);
  });
});

describe("a watch that is refused for some time", () => {
  it("retries with pauses, is unhealthy, and continues without a list once accepted", async () => {
    await using follower = await aFollower(cluster.kubeconfig);
    const { writer, path, counts, cache } = follower;
    await writer.create("Builder", aBuilder("o2-0"));
    await follower.agrees();
    expect(cache.isHealthy()).toBe(true);
    const before = path.connections();
    const begin = systemClock.monotonic();
    path.refuse(true);
    path.cut();
    await writer.delete("Builder", "o2-0");
    await writer.create("Builder", aBuilder("o2-1"));
    await until("it was refused six times", async () => counts.Failed >= 6);
    const seconds = (systemClock.monotonic() - begin) / 1000;
    expect(cache.isHealthy()).toBe(false);
    expect(cache.get("o2-0")).toBeDefined();
    // Pauses of 0.2, 0.4, 0.8, 1.6 and 3.2 s, with jitter down to half.
    expect(path.connections() - before).toBeLessThanOrEqual(8);
    expect(seconds).toBeGreaterThan(3);

    path.refuse(false);
    await follower.agrees();
    expect(cache.isHealthy()).toBe(true);
    expect(counts).toMatchObject({ Listed: 1, Expired: 0 });
    expect(follower.changes).toEqual(["Added o2-0", "Deleted o2-0", "Added o2-1"]);
  });
});

describe("an open connection without traffic", () => {
  it("is closed, and the watch continues on a new connection", async () => {
    await using follower = await aFollower(cluster.kubeconfig, { deadlineMs: 30_000, quietMs: 5_000 });
    const { writer, path, counts, cache } = follower;
    path.freeze(true);
    await writer.create("Builder", aBuilder("o2-0"));
    await until("the follower noticed", async () => counts.Failed > 0);
    expect(cache.isHealthy()).toBe(false);
    expect(cache.list()).toEqual([]);

    path.freeze(false);
    await follower.agrees();
    expect(counts.Listed).toBe(1);
  });

  it("fails a call at its deadline", async () => {
    await using follower = await aFollower(cluster.kubeconfig, { deadlineMs: 2_000, quietMs: 100_000 });
    follower.path.freeze(true);

    await expect(follower.store.get("Builder", "o2-0")).rejects.toMatchObject({
      code: "Unavailable",
      message: 'the API server did not answer the request to get Builder "o2-0": no complete answer within 2 s',
    });
  });
});

describe("a resourceVersion unknown to the API server after its restart", () => {
  it("costs a new list, and missed deletions are reported with the last known object", async () => {
    await using follower = await aFollower(cluster.kubeconfig);
    const { writer, path, counts } = follower;
    for (const name of ["gone", "replaced", "kept"]) await writer.create("Builder", aBuilder(name));
    await follower.agrees();
    path.refuse(true);
    path.cut();
    await cluster.stopApiServer();
    await cluster.startApiServer();
    await answering(() => writer.delete("Builder", "gone"));
    await answering(() => writer.delete("Builder", "replaced"));
    await answering(() => writer.create("Builder", aBuilder("replaced")));
    await answering(() => drain(writer, "kept", "changed"));
    path.refuse(false);
    await follower.agrees();

    expect(counts).toMatchObject({ Listed: 2, Expired: 1 });
    expect(follower.changes.slice(3).sort()).toEqual(
      ["Modified kept", "Deleted replaced", "Added replaced", "Deleted gone"].sort(),
    );
  });

  it("does not disturb a follower, which is complete as soon as the server is back", async () => {
    await using follower = await aFollower(cluster.kubeconfig);
    const { writer, cache } = follower;
    await writer.create("Builder", aBuilder("o2-0"));
    await follower.agrees();
    await cluster.stopApiServer();
    await until("the follower noticed", async () => !cache.isHealthy());
    await cluster.startApiServer();
    await answering(() => writer.create("Builder", aBuilder("o2-1")));
    await follower.agrees();

    await until("it is healthy again", async () => cache.isHealthy());
  });
});

describe("random faults", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e");
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("create" as const), name }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("change" as const), name }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("delete" as const), name }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse" as const), is: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("freeze" as const), is: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("delay" as const), ms: fc.nat(200) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("rest" as const), ms: fc.nat(500) }) },
  );

  it("leave the follower equal to the server, without inconsistent changes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80 }), async (steps) => {
        await using follower = await aFollower(cluster.kubeconfig, { deadlineMs: 10_000, quietMs: 5_000 });
        const { writer, path } = follower;
        for (const [index, step] of steps.entries()) {
          if (step.do === "cut") path.cut();
          else if (step.do === "refuse") path.refuse(step.is);
          else if (step.do === "freeze") path.freeze(step.is);
          else if (step.do === "delay") path.delay(step.ms);
          else if (step.do === "rest") await systemClock.sleep(step.ms);
          else {
            const exists = (await writer.get("Builder", step.name)) !== undefined;
            if (step.do === "create" && !exists) await writer.create("Builder", aBuilder(step.name));
            if (step.do === "change" && exists) await drain(writer, step.name, `${index}`);
            if (step.do === "delete" && exists) await writer.delete("Builder", step.name);
          }
        }
        path.refuse(false);
        path.freeze(false);
        await follower.agrees();
        expect(follower.counts.Listed).toBe(1 + follower.counts.Expired);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});

/** Retries: a server that has just started may refuse some requests. */
async function answering(call: () => Promise<unknown>): Promise<void> {
  await until("the server to reply", async () => {
    try {
      await call();
      return true;
    } catch (error) {
      if (isStoreError(error, "Unavailable")) return false;
      throw error;
    }
  });
}
