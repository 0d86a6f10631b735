import { describe, expect, it } from "vitest";
import { greeting } from "../support/up/installation.ts";
import { aStory } from "./support/story.ts";
import { waitFor } from "./support/waitFor.ts";

describe("an operator that dies while a pool builds", () => {
  const story = aStory("orphan");
  const leader = async () => {
    const path = "jsonpath={.spec.holderIdentity}";
    return (await story.kubectl("get", "lease", "builderpool", "-o", path)).split("_")[0] ?? "";
  };
  let held: Awaited<ReturnType<typeof story.hold>>;

  it("is replaced by another, and no builder notices", async () => {
    await story.declare({ instances: 2, partition: { patience: "1s" } });
    await story.ready(2);
    held = await story.hold("Held");
    const before = await story.holder(held.number);
    const first = await leader();
    await story.kubectl("delete", "pod", first, "--grace-period=0", "--force");
    await waitFor("another to lead", async () => (await leader()) !== first);
    const { commit } = await story.propose("Meanwhile", greeting("Hello, meanwhile"));
    await story.shows(commit, "success");
    expect(await story.holder(held.number)).toEqual(before);
  });

  it("leaves the build that ran its verdict", async () => {
    held.letGo();
    await story.shows(held.commit, "success");
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { result: "Success" } });
  });

  it("lets nothing be claimed, built or reported twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
