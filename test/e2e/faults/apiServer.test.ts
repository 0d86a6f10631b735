import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { faultsOfCluster } from "../support/faults.ts";
import { podsOf } from "../support/pods.ts";
import { aStory, type Holder } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const faults = await faultsOfCluster();
/** Longer than the silence after which a builder is called Suspect by an operator that listens. */
const outage = 90_000;

describe.skipIf(faults === undefined)("an API server that is gone (skipped where the provider cannot stop it)", () => {
  const story = aStory("cutoff");
  let held: Awaited<ReturnType<typeof story.hold>>;
  let before: Holder;
  let ending: Awaited<ReturnType<typeof story.hold>>;
  let other: Holder;
  let pods: ReadonlyMap<string, string>;

  /** Waits for the verdict: the first attempt's, of that builder, and reported once. */
  async function builtBy({ number, commit }: { number: number; commit: string }, { claim: { builder } }: Holder) {
    await story.shows(commit, "success");
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { builder, result: "Success" } });
    expect(story.statuses(commit)).toHaveLength(2);
  }

  it("for a minute and a half stops neither a build nor a builder", async () => {
    await story.declare({ instances: 2, partition: { patience: "1s" } });
    await story.ready(2);
    held = await story.hold("Held");
    before = await story.holder(held.number);
    ending = await story.hold("Ending");
    other = await story.holder(ending.number);
    pods = await podsOf(story);
    await faults?.stopApiServer();
    try {
      await expect(story.kubectl("get", "builders")).rejects.toThrow(/refused|reset|EOF/);
      ending.letGo();
      await sleep(outage);
    } finally {
      await faults?.startApiServer();
    }
    expect(await story.holder(held.number)).toEqual(before);
    expect(await podsOf(story)).toEqual(pods);
  });

  it("gets the verdict of the build that ended meanwhile when it is back, and builds the next push", async () => {
    await builtBy(ending, other);
    const next = await story.propose("Afterwards", greeting("Hello, afterwards"));
    await builtBy(next, other);
  });

  it("is no reason to lose the verdict of the build that ran all the while", async () => {
    held.letGo();
    await builtBy(held, before);
  });

  it("makes nobody call a builder suspect or lost, and nobody restart one", async () => {
    for (const ordinal of [0, 1]) expect(story.phases(ordinal)).toEqual(["Pending", "Warming", "Ready"]);
    await waitFor("all pods to be as they were", async () => String([...(await podsOf(story))]) === String([...pods]));
  });

  it("lets nothing be claimed, built or reported twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
