import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { program } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a builder restart", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("again");
  const ordinalOf = (name: string) => Number(name.slice("again-".length));
  const podUid = async (ordinal: number) => (await scenario.builder(ordinal))?.status?.podUid;
  /** Waits until a builder is Ready in another pod than `before`. */
  const isReplaced = (ordinal: number, before: string | undefined) =>
    waitFor(`again-${ordinal} to be ready in a new pod`, async () => {
      const { status } = (await scenario.builder(ordinal)) ?? {};
      return status?.phase === "Ready" && status.podUid !== before;
    });

  it("by the command waits for the running build and leaves the other builder alone", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    const held = await scenario.hold("Held");
    const { claim, podUid: before } = await scenario.holder(held.number);
    const ordinal = ordinalOf(claim.builder);
    const other = await podUid(1 - ordinal);
    const command = ["restart", claim.builder, `--kubeconfig=${cluster.kubeconfig}`, `--namespace=${home}`];
    expect((await execa(program, command)).stdout).toMatch(/drain/);
    await waitFor("the builder to drain", async () => (await scenario.builder(ordinal))?.status?.phase === "Draining");
    expect((await scenario.holder(held.number)).claim).toEqual(claim);
    held.release();
    await scenario.shows(held.commit, "success");
    await isReplaced(ordinal, before);
    expect(await podUid(1 - ordinal)).toBe(other);
  });

  it("by deletion of the pod waits for the running build too", async () => {
    await scenario.ready(2);
    const held = await scenario.hold("Held again");
    const { claim, podUid: before } = await scenario.holder(held.number);
    const ordinal = ordinalOf(claim.builder);
    const other = await podUid(1 - ordinal);
    await scenario.kubectl("delete", "pod", claim.builder, "--wait=false");
    await waitFor("the builder to drain", async () => (await scenario.builder(ordinal))?.status?.phase === "Draining");
    held.release();
    await scenario.shows(held.commit, "success");
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { builder: claim.builder, result: "Success" } });
    await isReplaced(ordinal, before);
    expect(await podUid(1 - ordinal)).toBe(other);
  });

  it("always includes a warm-up: files of an earlier pod on the volume do not count", async () => {
    for (const phases of [await scenario.phases(0), await scenario.phases(1)]) {
      const ready = phases.flatMap((phase, at) => (phase === "Ready" ? [phases[at - 1]] : []));
      expect(ready.every((before) => before === "Warming")).toBe(true);
    }
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
