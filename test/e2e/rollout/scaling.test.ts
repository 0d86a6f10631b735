import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aScenario, type Holder } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a pool that is scaled while it builds", () => {
  const scenario = aScenario("scaled");
  const scale = (replicas: number) => scenario.kubectl("scale", "builderpool/scaled", `--replicas=${replicas}`);
  let held: Awaited<ReturnType<typeof scenario.hold>>;
  let before: Holder;

  it("adds builders that warm up before they are ready", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    held = await scenario.hold("Held");
    before = await scenario.holder(held.number);
    await scale(4);
    await scenario.ready(4);
    for (const ordinal of [2, 3]) expect(await scenario.phases(ordinal)).toEqual(["Pending", "Warming", "Ready"]);
  });

  it("continues to build", async () => {
    const two = await scenario.propose("Two", greeting("Hello, two"));
    const three = await scenario.propose("Three", greeting("Hello, three"));
    for (const { commit } of [two, three]) await scenario.shows(commit, "success");
  });

  it("drains and removes its highest ordinals", async () => {
    await scale(2);
    await scenario.ready(2);
    await waitFor("the highest ordinals to be removed", async () => {
      const names = (await scenario.list<"Builder">("builders")).map(({ metadata }) => metadata.name);
      return names.toSorted().join() === "scaled-0,scaled-1";
    });
    // No build ran on these builders, so they drained at once.
    for (const ordinal of [2, 3]) expect((await scenario.phases(ordinal)).at(-1)).toBe("Drained");
  });

  it("touches neither the remaining builders nor the running build", async () => {
    for (const ordinal of [0, 1]) expect((await scenario.phases(ordinal)).at(-1)).toBe("Ready");
    for (const ordinal of [0, 1]) expect(await scenario.phases(ordinal)).not.toContain("Draining");
    expect(await scenario.holder(held.number)).toEqual(before);
    held.release();
    await scenario.shows(held.commit, "success");
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status?.verdict).toMatchObject({ builder: before.claim.builder, attempt: 1, result: "Success" });
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
