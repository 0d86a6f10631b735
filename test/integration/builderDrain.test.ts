import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/store/error.ts";
import { aBuilder, type BuilderFixture, buildObject } from "../support/builder/builderWorld.ts";
import { endless, success } from "../support/builder/scriptedCells.ts";

const builderOf = async ({ store }: BuilderFixture) => (await store.get("Builder", "o2-0"))?.status;
const buildOf = async ({ store }: BuilderFixture, number = 1) =>
  (await store.get("Build", `o2-hello-${number}`))?.status;

async function desire({ store }: BuilderFixture, desired: "Active" | "Drain"): Promise<void> {
  const builder = await store.get("Builder", "o2-0");
  if (builder === undefined) throw new Error("no builder");
  await store.update("Builder", { ...builder, spec: { ...builder.spec, desired, drainReason: "scale-down" } });
}

/** A builder that runs the build of pull request 1 until the test lets it end. */
async function aBusyBuilder(poolSpec: object = {}) {
  const fixture = await aBuilder(poolSpec);
  const { cells, store, start, until } = fixture;
  const done = Promise.withResolvers<typeof success>();
  cells.script = (order, _on, signal) =>
    order.task === "build" ? Promise.race([done.promise, endless(signal)]) : undefined;
  await store.create("Build", buildObject(1));
  const builder = start();
  await until(async () => cells.running() > 0 && cells.orders.at(-1)?.task === "build");
  return { ...fixture, builder, finish: () => done.resolve(success) };
}

describe("a draining builder", () => {
  it("finishes the running build, claims no other, and ends", async () => {
    const fixture = await aBusyBuilder();
    const { store, builder, finish, until } = fixture;
    await store.create("Build", buildObject(2));
    builder.stop.abort();
    await until(async () => (await builderOf(fixture))?.phase === "Draining");
    finish();
    await builder.ended;
    expect((await buildOf(fixture, 1))?.verdict?.result).toBe("Success");
    expect(await buildOf(fixture, 2)).toBeUndefined();
    expect((await builderOf(fixture))?.phase).toBe("Drained");
  });

  it("stops a build that outlasts the drain timeout and says so on it", async () => {
    const fixture = await aBusyBuilder({ update: { drainTimeout: "200ms" } });
    fixture.builder.stop.abort();
    await fixture.builder.ended;
    const status = await buildOf(fixture);
    expect(status).toMatchObject({ phase: "Queued", attempt: 1, trouble: { reason: "Drained", count: 0 } });
    expect(status?.claim).toBeUndefined();
    expect(fixture.cells.running()).toBe(0);
  });

  it("stops its build at once when it is killed, and gives the claim back", async () => {
    const fixture = await aBusyBuilder();
    fixture.builder.kill.abort();
    await fixture.builder.ended;
    expect(await buildOf(fixture)).toMatchObject({ phase: "Queued", trouble: { reason: "Drained" } });
  });

  it("stays Drained as long as its object says so, and is Ready again without another warm-up", async () => {
    const fixture = await aBuilder();
    const { cells, start, until } = fixture;
    start();
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
    await desire(fixture, "Drain");
    const drained = await until(async () => {
      const status = await builderOf(fixture);
      return status?.phase === "Drained" && status;
    });
    expect(drained.message).toBe("scale-down");
    await desire(fixture, "Active");
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
    expect(cells.orders.map(({ task }) => task)).toEqual(["selftest"]);
  });

  it("gives back a claim that got through late, when it had drained already", async () => {
    const fixture = await aBuilder();
    const { store, start, until } = fixture;
    const late = Promise.withResolvers<() => Promise<unknown>>();
    let answers = false;
    start({
      store: {
        ...store,
        async updateStatus(kind, object) {
          if (kind !== "Build" || answers) return store.updateStatus(kind, object);
          late.resolve(() => store.updateStatus(kind, object));
          throw new StoreError("Unavailable", "the store did not answer in time");
        },
      },
    });
    await store.create("Build", buildObject(1));
    const getThrough = await late.promise;
    await desire(fixture, "Drain");
    await until(async () => (await builderOf(fixture))?.phase === "Drained");
    answers = true;
    await getThrough();
    expect((await buildOf(fixture))?.phase).toBe("Claimed");
    await until(async () => (await buildOf(fixture))?.phase === "Queued");
  });

  it("goes on with its build when the drain is called off", async () => {
    const fixture = await aBusyBuilder({ update: { drainTimeout: "1s" } });
    const { until, finish } = fixture;
    await desire(fixture, "Drain");
    await until(async () => (await builderOf(fixture))?.phase === "Draining");
    await desire(fixture, "Active");
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    finish();
    await until(async () => (await buildOf(fixture))?.verdict?.result === "Success");
  });

  it("leaves a warm-up half done when it is drained, and begins anew afterwards", async () => {
    const fixture = await aBuilder();
    const { cells, start, until } = fixture;
    cells.script = (_order, _on, signal) => endless(signal);
    start();
    await until(async () => cells.running() > 0);
    await desire(fixture, "Drain");
    await until(async () => (await builderOf(fixture))?.phase === "Drained");
    expect((await builderOf(fixture))?.warm).toBeUndefined();
    cells.script = () => undefined;
    await desire(fixture, "Active");
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
  });
});
