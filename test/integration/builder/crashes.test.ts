import { describe, expect, it } from "vitest";
import type { BuilderStatus } from "../../../src/api/objects/builder.ts";
import { aBuilder, type BuilderFixture, buildObject } from "../../support/builder/builderWorld.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

describe("a builder whose process ended without being told to", () => {
  /** What the process before said last. */
  async function leftBehind({ store }: BuilderFixture, status: Partial<BuilderStatus>): Promise<void> {
    const builder = await store.get("Builder", "o2-0");
    if (builder === undefined) throw new Error("no builder");
    const ready = { phase: "Ready", incarnation: "before", podUid: "uid" } as const;
    await store.updateStatus("Builder", { ...builder, status: { ...ready, ...status } });
  }
  const said = (fixture: BuilderFixture, phase: string) =>
    fixture.until(async () => {
      const status = await fixture.self();
      return status?.phase === phase && status.incarnation !== "before" && status;
    });

  it("works on, and forgets it with its first verdict", async () => {
    const fixture = await aBuilder();
    await leftBehind(fixture, { crashes: 1 });
    fixture.start();
    expect(await said(fixture, "Ready")).toMatchObject({ crashes: 2 });
    await fixture.store.create("Build", buildObject(1));
    await fixture.until(async () => (await fixture.self())?.crashes === undefined);
    expect((await fixture.build())?.phase).toBe("Done");
  });

  it("forgets it as well when it has lived for a day, with nothing to build", async () => {
    const fixture = await aBuilder();
    await leftBehind(fixture, { crashes: 1 });
    let later = 0;
    const clock = hurriedClock();
    const now = () => clock.now() + later;
    const monotonic = () => clock.monotonic() + later;
    fixture.start({ clock: { ...clock, now, monotonic } });
    expect(await said(fixture, "Ready")).toMatchObject({ crashes: 2 });
    later = 24 * 60 * 60_000;
    await fixture.until(async () => (await fixture.self())?.crashes === undefined);
  });

  it("builds nothing after the third time in a row, says so, and where the reason may be found", async () => {
    const fixture = await aBuilder();
    await fixture.store.create("Build", buildObject(1));
    await leftBehind(fixture, { phase: "Warming", crashes: 2 });
    fixture.start();
    const { message } = await said(fixture, "Quarantined");
    expect(message).toMatch(/ended 3 times in a row without a verdict.*until its pod is replaced.*"builder"/);
    expect(fixture.cells.orders).toEqual([]);
  });

  it.each([
    ["in another pod", { podUid: "another", crashes: 9 }],
    ["when the one before had been told to end", { phase: "Drained", crashes: 9 }],
  ] as const)("begins to count anew %s", async (_, status) => {
    const fixture = await aBuilder();
    await leftBehind(fixture, status);
    fixture.start();
    expect((await said(fixture, "Ready")).crashes).toBeUndefined();
  });
});
