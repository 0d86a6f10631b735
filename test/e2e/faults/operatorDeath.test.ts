import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { faultsOfCluster } from "../support/faults.ts";
import { podsOf } from "../support/pods.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const faults = await faultsOfCluster();

describe("an operator that dies while a pool builds", () => {
  const scenario = aScenario("orphan");
  /** Identity of the leader: its pod and process. */
  const leader = () => scenario.kubectl("get", "lease", "builderpool", "-o", "jsonpath={.spec.holderIdentity}");
  const podOf = (identity: string) => identity.split("_")[0] ?? "";
  let held: Awaited<ReturnType<typeof scenario.hold>>;

  it("is replaced by another replica without effect on builders", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    held = await scenario.hold("Held");
    const before = await scenario.holder(held.number);
    const first = await leader();
    await scenario.kubectl("delete", "pod", podOf(first), "--grace-period=0", "--force");
    await waitFor("another leader", async () => ![first, ""].includes(await leader()));
    const { commit } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
    await scenario.shows(commit, "success");
    expect(await scenario.holder(held.number)).toEqual(before);
  });

  it.skipIf(faults === undefined)("is replaced after a crash that left its Lease held", async () => {
    const [before, pods, first] = [await scenario.holder(held.number), await podsOf(scenario), await leader()];
    const path = "jsonpath={.status.containerStatuses[0].containerID}";
    await faults?.killContainer(await scenario.kubectl("get", "pod", podOf(first), "-o", path));
    // The killed leader did not release the Lease. The Lease stays held until it expires.
    expect(await leader()).toBe(first);
    await waitFor("another leader", async () => ![first, ""].includes(await leader()));
    const { commit } = await scenario.propose("Once more", greeting("Hello, once more"));
    await scenario.shows(commit, "success");
    expect(await scenario.holder(held.number)).toEqual(before);
    expect(await podsOf(scenario)).toEqual(pods);
  });

  it("leaves the running build its verdict", async () => {
    held.release();
    await scenario.shows(held.commit, "success");
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { result: "Success" } });
  });

  it("causes no second claim, build or report", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
