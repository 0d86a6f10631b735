import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { greeting } from "../support/up/installation.ts";
import { faultsOfCluster } from "./support/faults.ts";
import { podsOf } from "./support/pods.ts";
import { aStory, type Holder } from "./support/story.ts";
import { waitFor } from "./support/waitFor.ts";

const faults = await faultsOfCluster();
/** Longer than the silence after which a builder is called Suspect by an operator that listens. */
const outage = 90_000;

describe.skipIf(faults === undefined)("an API server that is gone (skipped where the provider cannot stop it)", () => {
  const story = aStory("cutoff");
  let held: Awaited<ReturnType<typeof story.hold>>;
  let before: Holder;
  let pods: ReadonlyMap<string, string>;

  it("for a minute and a half stops neither a build nor a builder", async () => {
    await story.declare({ instances: 2, partition: { patience: "1s" } });
    await story.ready(2);
    held = await story.hold("Held");
    before = await story.holder(held.number);
    pods = await podsOf(story);
    await faults?.stopApiServer();
    try {
      await expect(story.kubectl("get", "builders")).rejects.toThrow(/refused|reset|EOF/);
      await sleep(outage);
    } finally {
      await faults?.startApiServer();
    }
    expect(await story.holder(held.number)).toEqual(before);
    expect(await podsOf(story)).toEqual(pods);
  });

  it("makes way for the next push, which the idle builder takes", async () => {
    const { commit, number } = await story.propose("Afterwards", greeting("Hello, afterwards"));
    await story.shows(commit, "success");
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { result: "Success" } });
    expect(build?.status?.verdict?.builder).not.toBe(before.claim.builder);
  });

  it("is no reason to lose the verdict of the build that ran all the while", async () => {
    held.letGo();
    await story.shows(held.commit, "success");
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { builder: before.claim.builder, result: "Success" } });
    expect(story.statuses(held.commit)).toHaveLength(2);
  });

  it("makes nobody call a builder suspect or lost, and nobody restart one", async () => {
    for (const ordinal of [0, 1]) expect(story.phases(ordinal)).toEqual(["Pending", "Warming", "Ready"]);
    await waitFor("all pods to be as they were", async () => String([...(await podsOf(story))]) === String([...pods]));
  });

  it("lets nothing be claimed, built or reported twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
