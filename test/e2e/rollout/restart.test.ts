import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { program } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a builder that is restarted", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("again");
  const ordinalOf = (name: string) => Number(name.slice("again-".length));
  const podUid = async (ordinal: number) => (await scenario.builder(ordinal))?.status?.podUid;
  /** Waits until a builder is Ready in another pod than that. */
  const isAnew = (ordinal: number, before: string | undefined) =>
    waitFor(`again-${ordinal} to be ready anew`, async () => {
      const { status } = (await scenario.builder(ordinal)) ?? {};
      return status?.phase === "Ready" && status.podUid !== before;
    });

  it("by the command ends its build first, and nobody else is touched", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    const held = await scenario.hold("Held");
    const { claim, podUid: before } = await scenario.holder(held.number);
    const ordinal = ordinalOf(claim.builder);
    const other = await podUid(1 - ordinal);
    const command = ["restart", claim.builder, `--kubeconfig=${cluster.kubeconfig}`, `--namespace=${home}`];
    expect((await execa(program, command)).stdout).toMatch(/drains, then restarts; the others take over meanwhile/);
    await waitFor("it to drain", async () => (await scenario.builder(ordinal))?.status?.phase === "Draining");
    expect((await scenario.holder(held.number)).claim).toEqual(claim);
    held.release();
    await scenario.shows(held.commit, "success");
    await isAnew(ordinal, before);
    expect(await podUid(1 - ordinal)).toBe(other);
  });

  it("by the deletion of its pod ends its build first as well", async () => {
    await scenario.ready(2);
    const held = await scenario.hold("Held again");
    const { claim, podUid: before } = await scenario.holder(held.number);
    const ordinal = ordinalOf(claim.builder);
    const other = await podUid(1 - ordinal);
    await scenario.kubectl("delete", "pod", claim.builder, "--wait=false");
    await waitFor("it to drain", async () => (await scenario.builder(ordinal))?.status?.phase === "Draining");
    held.release();
    await scenario.shows(held.commit, "success");
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { builder: claim.builder, result: "Success" } });
    await isAnew(ordinal, before);
    expect(await podUid(1 - ordinal)).toBe(other);
  });

  it("warms up itself before it is ready: what an earlier pod left on the volume counts for nothing", async () => {
    for (const phases of [await scenario.phases(0), await scenario.phases(1)]) {
      const ready = phases.flatMap((phase, at) => (phase === "Ready" ? [phases[at - 1]] : []));
      expect(ready.every((before) => before === "Warming")).toBe(true);
    }
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
