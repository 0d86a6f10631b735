import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aStory, type Holder } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a pool that is scaled while it builds", () => {
  const story = aStory("scaled");
  const scale = (replicas: number) => story.kubectl("scale", "builderpool/scaled", `--replicas=${replicas}`);
  let held: Awaited<ReturnType<typeof story.hold>>;
  let before: Holder;

  it("grows by builders that warm up before they are ready", async () => {
    await story.declare({ instances: 2, partition: { patience: "1s" } });
    await story.ready(2);
    held = await story.hold("Held");
    before = await story.holder(held.number);
    await scale(4);
    await story.ready(4);
    for (const ordinal of [2, 3]) expect(story.phases(ordinal)).toEqual(["Pending", "Warming", "Ready"]);
  });

  it("goes on building", async () => {
    const two = await story.propose("Two", greeting("Hello, two"));
    const three = await story.propose("Three", greeting("Hello, three"));
    for (const { commit } of [two, three]) await story.shows(commit, "success");
  });

  it("shrinks by its highest ordinals, which drain and leave", async () => {
    await scale(2);
    await story.ready(2);
    await waitFor("the highest ordinals to leave", async () => {
      const names = (await story.list<"Builder">("builders")).map(({ metadata }) => metadata.name);
      return names.toSorted().join() === "scaled-0,scaled-1";
    });
    // Nothing ran on them, so nothing was left to drain.
    for (const ordinal of [2, 3]) expect(story.phases(ordinal).at(-1)).toBe("Drained");
  });

  it("touches neither the builders that stay nor the build that runs", async () => {
    for (const ordinal of [0, 1]) expect(story.phases(ordinal).at(-1)).toBe("Ready");
    for (const ordinal of [0, 1]) expect(story.phases(ordinal)).not.toContain("Draining");
    expect(await story.holder(held.number)).toEqual(before);
    held.letGo();
    await story.shows(held.commit, "success");
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status?.verdict).toMatchObject({ builder: before.claim.builder, attempt: 1, result: "Success" });
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
