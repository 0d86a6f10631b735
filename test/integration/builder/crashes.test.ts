import { describe, expect, it } from "vitest";
import type { BuilderStatus } from "../../../src/api/objects/builder.ts";
import { aBuilder, type BuilderFixture, buildObject } from "../../support/builder/builderWorld.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

describe("a builder after a crash of its process", () => {
  /** Writes the status that a previous process left. */
  async function writePreviousStatus({ store }: BuilderFixture, status: Partial<BuilderStatus>): Promise<void> {
    const builder = await store.get("Builder", "o2-0");
    if (builder === undefined) throw new Error("no builder");
    const ready = { phase: "Ready", incarnation: "before", podUid: "uid" } as const;
    await store.updateStatus("Builder", { ...builder, status: { ...ready, ...status } });
  }
  const statusIn = (fixture: BuilderFixture, phase: string) =>
    fixture.until(async () => {
      const status = await fixture.self();
      return status?.phase === phase && status.incarnation !== "before" && status;
    });

  it("continues, and resets the crash count at its first verdict", async () => {
    const fixture = await aBuilder();
    await writePreviousStatus(fixture, { crashes: 1 });
    fixture.start();
    expect(await statusIn(fixture, "Ready")).toMatchObject({ crashes: 2 });
    await fixture.store.create("Build", buildObject(1));
    await fixture.until(async () => (await fixture.self())?.crashes === undefined);
    expect((await fixture.build())?.phase).toBe("Done");
  });

  it("resets the crash count after a day without a build", async () => {
    const fixture = await aBuilder();
    await writePreviousStatus(fixture, { crashes: 1 });
    let later = 0;
    const clock = hurriedClock();
    const now = () => clock.now() + later;
    const monotonic = () => clock.monotonic() + later;
    fixture.start({ clock: { ...clock, now, monotonic } });
    expect(await statusIn(fixture, "Ready")).toMatchObject({ crashes: 2 });
    later = 24 * 60 * 60_000;
    await fixture.until(async () => (await fixture.self())?.crashes === undefined);
  });

  it("builds nothing after the third crash in a row, and reports where to find the reason", async () => {
    const fixture = await aBuilder();
    await fixture.store.create("Build", buildObject(1));
    await writePreviousStatus(fixture, { phase: "Warming", crashes: 2 });
    fixture.start();
    const { message } = await statusIn(fixture, "Quarantined");
    expect(message).toMatch(/ended 3 times in a row without a verdict.*until its pod is replaced.*"builder"/);
    expect(fixture.cells.orders).toEqual([]);
  });

  it.each([
    ["in another pod", { podUid: "another", crashes: 9 }],
    ["after a normal stop of the previous process", { phase: "Drained", crashes: 9 }],
  ] as const)("restarts the count %s", async (_, status) => {
    const fixture = await aBuilder();
    await writePreviousStatus(fixture, status);
    fixture.start();
    expect((await statusIn(fixture, "Ready")).crashes).toBeUndefined();
  });
});
