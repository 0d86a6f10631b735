import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { faultsOfCluster } from "../support/faults.ts";
import { aStory, type Holder } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const faults = await faultsOfCluster();

describe.skipIf(faults === undefined)("a node without power (skipped where the provider cannot take it)", () => {
  const story = aStory("dark");
  const build = async (number: number) =>
    (await story.list<"Build">("builds")).find(({ spec }) => spec.number === number)?.status;
  let held: Awaited<ReturnType<typeof story.hold>>;
  let before: Holder;

  it("takes the operator with it, and leaves what was claimed as it was when the node is missed", async () => {
    await story.declare({ instances: 2, partition: { patience: "1s" } });
    await story.ready(2);
    held = await story.hold("Held");
    before = await story.holder(held.number);
    await faults?.crashNode();
    const path = "jsonpath={.items[0].status.conditions[?(@.type=='Ready')].status}";
    await waitFor("the node to be missed", async () => (await story.kubectl("get", "nodes", "-o", path)) === "Unknown");
    expect((await story.holder(held.number)).claim).toEqual(before.claim);
  });

  it("builds it anew when it has booted, in another process", async () => {
    await faults?.startNode();
    held.letGo();
    await story.shows(held.commit, "success");
    const status = await build(held.number);
    expect(status?.attempt).toBeGreaterThan(1);
    await story.ready(2);
    const name = before.claim.builder;
    const builder = await story.builder(Number(name.slice(name.lastIndexOf("-") + 1)));
    expect(builder?.status?.incarnation).not.toBe(before.incarnation);
  });

  it("serves as before", async () => {
    const { commit } = await story.propose("Afterwards", greeting("Hello, afterwards"));
    await story.shows(commit, "success");
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
