import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { podsOf } from "../support/pods.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a pool of one builder whose pods change", () => {
  const story = aStory("lone");
  const status = async () =>
    (await story.list<"BuilderPool">("builderpools")).find(({ metadata }) => metadata.name === "lone")?.status;
  const change = { template: { annotations: { round: "two" } } };

  it("gets a second one first, which serves while the first is replaced", async () => {
    await story.declare();
    await story.ready(1);
    const held = await story.hold("Held");
    const { claim } = await story.holder(held.number);
    expect(claim.builder).toBe("lone-0");
    const revision = (await status())?.revision;
    await story.declare(change);
    await waitFor("a second builder to be ready", async () => (await story.builder(1))?.status?.phase === "Ready");
    const { commit, number } = await story.propose("Meanwhile", greeting("Hello, meanwhile"));
    await story.shows(commit, "success");
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === number);
    expect(build?.status?.verdict?.builder).toBe("lone-1");
    expect((await story.holder(held.number)).claim).toEqual(claim);
    held.letGo();
    await story.shows(held.commit, "success");
    await waitFor("the first to be the only one again, and new", async () => {
      const now = await status();
      const names = [...(await podsOf(story)).keys()];
      return now?.revision !== revision && now?.updated === 1 && now.ready === 1 && String(names) === "lone-0";
    });
  });

  it("was never without a builder that is ready", () => {
    expect(story.fewestReady(1)).toBe(1);
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
