import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { faultsOfCluster } from "../support/faults.ts";
import { podsOf } from "../support/pods.ts";
import { aScenario, type Holder } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const faults = await faultsOfCluster();
/** Milliseconds. Longer than the heartbeat age that makes a builder Suspect. */
const outage = 90_000;

describe.skipIf(faults === undefined)("an API server outage (skipped where the provider cannot cause it)", () => {
  const scenario = aScenario("cutoff");
  let held: Awaited<ReturnType<typeof scenario.hold>>;
  let before: Holder;
  let ending: Awaited<ReturnType<typeof scenario.hold>>;
  let other: Holder;
  let pods: ReadonlyMap<string, string>;

  /** Waits for a success from the first attempt on this builder, with exactly two statuses. */
  async function builtBy({ number, commit }: { number: number; commit: string }, { claim: { builder } }: Holder) {
    await scenario.shows(commit, "success");
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { builder, result: "Success" } });
    expect(scenario.statuses(commit)).toHaveLength(2);
  }

  it("of 90 s stops neither a build nor a builder", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    held = await scenario.hold("Held");
    before = await scenario.holder(held.number);
    ending = await scenario.hold("Ending");
    other = await scenario.holder(ending.number);
    pods = await podsOf(scenario);
    await faults?.stopApiServer();
    try {
      await expect(scenario.kubectl("get", "builders")).rejects.toThrow(/refused|reset|EOF/);
      ending.release();
      await sleep(outage);
    } finally {
      await faults?.startApiServer();
    }
    expect(await scenario.holder(held.number)).toEqual(before);
    expect(await podsOf(scenario)).toEqual(pods);
  });

  it("delays the verdict of a build that ended during it, and the next push is built", async () => {
    await builtBy(ending, other);
    const next = await scenario.propose("Afterwards", greeting("Hello, afterwards"));
    await builtBy(next, other);
  });

  it("loses no verdict of a build that ran through it", async () => {
    held.release();
    await builtBy(held, before);
  });

  it("makes no builder Suspect or Lost, and restarts none", async () => {
    for (const ordinal of [0, 1]) expect(await scenario.phases(ordinal)).toEqual(["Pending", "Warming", "Ready"]);
    await waitFor("all pods to be unchanged", async () => String([...(await podsOf(scenario))]) === String([...pods]));
  });

  it("causes no second claim, build or report", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
