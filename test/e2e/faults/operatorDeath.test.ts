import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { faultsOfCluster } from "../support/faults.ts";
import { podsOf } from "../support/pods.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const faults = await faultsOfCluster();

describe("an operator that dies while a pool builds", () => {
  const story = aStory("orphan");
  /** Pod and process that lead. */
  const leader = () => story.kubectl("get", "lease", "builderpool", "-o", "jsonpath={.spec.holderIdentity}");
  const podOf = (identity: string) => identity.split("_")[0] ?? "";
  let held: Awaited<ReturnType<typeof story.hold>>;

  it("is replaced by another, and no builder notices", async () => {
    await story.declare({ instances: 2, partition: { patience: "1s" } });
    await story.ready(2);
    held = await story.hold("Held");
    const before = await story.holder(held.number);
    const first = await leader();
    await story.kubectl("delete", "pod", podOf(first), "--grace-period=0", "--force");
    await waitFor("another to lead", async () => ![first, ""].includes(await leader()));
    const { commit } = await story.propose("Meanwhile", greeting("Hello, meanwhile"));
    await story.shows(commit, "success");
    expect(await story.holder(held.number)).toEqual(before);
  });

  it.skipIf(faults === undefined)("is replaced as well when it could not give its place back", async () => {
    const [before, pods, first] = [await story.holder(held.number), await podsOf(story), await leader()];
    const path = "jsonpath={.status.containerStatuses[0].containerID}";
    await faults?.killContainer(await story.kubectl("get", "pod", podOf(first), "-o", path));
    // Nobody was told: the Lease is his until it has run out.
    expect(await leader()).toBe(first);
    await waitFor("another to lead", async () => ![first, ""].includes(await leader()));
    const { commit } = await story.propose("Once more", greeting("Hello, once more"));
    await story.shows(commit, "success");
    expect(await story.holder(held.number)).toEqual(before);
    expect(await podsOf(story)).toEqual(pods);
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
