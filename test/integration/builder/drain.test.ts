import { describe, expect, it } from "vitest";
import { StoreError } from "../../../src/store/error.ts";
import { aBuilder, type BuilderFixture, buildObject } from "../../support/builder/builderWorld.ts";
import { endless, success } from "../../support/builder/scriptedCells.ts";

async function setDesired({ store }: BuilderFixture, desired: "Active" | "Drain"): Promise<void> {
  const builder = await store.get("Builder", "o2-0");
  if (builder === undefined) throw new Error("no builder");
  await store.update("Builder", { ...builder, spec: { ...builder.spec, desired, drainReason: "scale-down" } });
}

/** A builder that runs the build of pull request 1 until the test calls `finish`. */
async function aBusyBuilder(poolSpec: object = {}) {
  const fixture = await aBuilder(poolSpec);
  const { cells, store, start } = fixture;
  const done = Promise.withResolvers<typeof success>();
  cells.script = (order, _on, signal) =>
    order.task === "build" ? Promise.race([done.promise, endless(signal)]) : undefined;
  await store.create("Build", buildObject(1));
  const builder = start();
  await fixture.builds();
  return { ...fixture, builder, finish: () => done.resolve(success) };
}

describe("a draining builder", () => {
  it("finishes the running build, claims no other, and exits", async () => {
    const fixture = await aBusyBuilder();
    const { store, builder, finish } = fixture;
    await store.create("Build", buildObject(2));
    builder.stop.abort();
    await fixture.reaches("Draining");
    finish();
    await builder.ended;
    expect((await fixture.build(1))?.verdict?.result).toBe("Success");
    expect((await fixture.build(2))?.attempt).toBe(0);
    expect((await fixture.self())?.phase).toBe("Drained");
  });

  it("stops a build after the drain timeout and records the reason", async () => {
    const fixture = await aBusyBuilder({ update: { drainTimeout: "200ms" } });
    fixture.builder.stop.abort();
    await fixture.builder.ended;
    const status = await fixture.build();
    expect(status).toMatchObject({ phase: "Queued", attempt: 1, trouble: { reason: "Drained", count: 0 } });
    expect(status?.claim).toBeUndefined();
    expect(fixture.cells.running()).toBe(0);
  });

  it("stops its build at once when it is killed, and releases the claim", async () => {
    const fixture = await aBusyBuilder();
    fixture.builder.kill.abort();
    await fixture.builder.ended;
    expect(await fixture.build()).toMatchObject({ phase: "Queued", trouble: { reason: "Drained" } });
  });

  it("stays Drained while its object demands it, and is Ready again without another warm-up", async () => {
    const fixture = await aBuilder();
    const { cells, start } = fixture;
    start();
    await fixture.reaches("Ready");
    await setDesired(fixture, "Drain");
    expect((await fixture.reaches("Drained")).message).toBe("scale-down");
    await setDesired(fixture, "Active");
    await fixture.reaches("Ready");
    expect(cells.orders.map(({ task }) => task)).toEqual(["selftest"]);
  });

  it("releases a claim that was stored late, after the drain", async () => {
    const fixture = await aBuilder();
    const { store, start } = fixture;
    const lostWrite = Promise.withResolvers<() => Promise<unknown>>();
    let answers = false;
    start({
      store: {
        ...store,
        async updateStatus(kind, object) {
          if (kind !== "Build" || answers) return store.updateStatus(kind, object);
          lostWrite.resolve(() => store.updateStatus(kind, object));
          throw new StoreError("Unavailable", "the store did not answer in time");
        },
      },
    });
    await store.create("Build", buildObject(1));
    const storeClaim = await lostWrite.promise;
    await setDesired(fixture, "Drain");
    await fixture.reaches("Drained");
    answers = true;
    await storeClaim();
    expect((await fixture.build())?.phase).toBe("Claimed");
    await fixture.until(async () => (await fixture.build())?.phase === "Queued");
  });

  it("continues its build when the drain is canceled", async () => {
    const fixture = await aBusyBuilder({ update: { drainTimeout: "1s" } });
    await setDesired(fixture, "Drain");
    await fixture.reaches("Draining");
    await setDesired(fixture, "Active");
    await fixture.reaches("Ready");
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    fixture.finish();
    expect((await fixture.verdict()).result).toBe("Success");
  });

  it("stops a warm-up when it is drained, and restarts the warm-up afterwards", async () => {
    const fixture = await aBuilder();
    const { cells, start, until } = fixture;
    cells.script = (_order, _on, signal) => endless(signal);
    start();
    await until(async () => cells.running() > 0);
    await setDesired(fixture, "Drain");
    expect((await fixture.reaches("Drained")).warm).toBeUndefined();
    cells.script = () => undefined;
    await setDesired(fixture, "Active");
    await fixture.reaches("Ready");
  });
});
