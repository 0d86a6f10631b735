import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a node drain under a builder", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("evicted");

  it("waits for the running build while the other builder serves, and the builder returns with the node", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    const held = await scenario.hold("Held");
    const { claim, podUid } = await scenario.holder(held.number);
    const node = await scenario.kubectl("get", "pod", claim.builder, "-o", "jsonpath={.spec.nodeName}");
    const only = `--pod-selector=statefulset.kubernetes.io/pod-name=${claim.builder}`;
    let isDrained = false;
    const drained = cluster
      .kubectl("drain", node, only, "--delete-emptydir-data", "--ignore-daemonsets", "--timeout=300s")
      .then(() => {
        isDrained = true;
      });
    try {
      const ordinal = Number(claim.builder.slice("evicted-".length));
      await waitFor(
        "the builder to drain",
        async () => (await scenario.builder(ordinal))?.status?.phase === "Draining",
      );
      const { commit } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
      await scenario.shows(commit, "success");
      expect(isDrained).toBe(false);
      held.release();
      await scenario.shows(held.commit, "success");
      await drained;
    } finally {
      await cluster.kubectl("uncordon", node);
    }
    await scenario.ready(2);
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { builder: claim.builder, result: "Success" } });
    expect((await scenario.builder(Number(claim.builder.slice("evicted-".length))))?.status?.podUid).not.toBe(podUid);
  });

  it("causes no lost and no second verdict", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
