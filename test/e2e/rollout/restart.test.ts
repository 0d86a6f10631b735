import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { program } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a builder that is restarted", () => {
  const cluster = anE2ECluster();
  const story = aStory("again");
  const ordinalOf = (name: string) => Number(name.slice("again-".length));
  const podUid = async (ordinal: number) => (await story.builder(ordinal))?.status?.podUid;
  /** Waits until a builder is Ready in another pod than that. */
  const isAnew = (ordinal: number, before: string | undefined) =>
    waitFor(`again-${ordinal} to be ready anew`, async () => {
      const { status } = (await story.builder(ordinal)) ?? {};
      return status?.phase === "Ready" && status.podUid !== before;
    });

  it("by the command ends its build first, and nobody else is touched", async () => {
    await story.declare({ instances: 2, partition: { patience: "1s" } });
    await story.ready(2);
    const held = await story.hold("Held");
    const { claim, podUid: before } = await story.holder(held.number);
    const ordinal = ordinalOf(claim.builder);
    const other = await podUid(1 - ordinal);
    const command = ["restart", claim.builder, `--kubeconfig=${cluster.kubeconfig}`, `--namespace=${home}`];
    expect((await execa(program, command)).stdout).toMatch(/drains, then restarts; the others take over meanwhile/);
    await waitFor("it to drain", async () => (await story.builder(ordinal))?.status?.phase === "Draining");
    expect((await story.holder(held.number)).claim).toEqual(claim);
    held.letGo();
    await story.shows(held.commit, "success");
    await isAnew(ordinal, before);
    expect(await podUid(1 - ordinal)).toBe(other);
  });

  it("by the deletion of its pod ends its build first as well", async () => {
    await story.ready(2);
    const held = await story.hold("Held again");
    const { claim, podUid: before } = await story.holder(held.number);
    const ordinal = ordinalOf(claim.builder);
    const other = await podUid(1 - ordinal);
    await story.kubectl("delete", "pod", claim.builder, "--wait=false");
    await waitFor("it to drain", async () => (await story.builder(ordinal))?.status?.phase === "Draining");
    held.letGo();
    await story.shows(held.commit, "success");
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ attempt: 1, verdict: { builder: claim.builder, result: "Success" } });
    await isAnew(ordinal, before);
    expect(await podUid(1 - ordinal)).toBe(other);
  });

  it("warms up itself before it is ready: what an earlier pod left on the volume counts for nothing", () => {
    for (const phases of [story.phases(0), story.phases(1)]) {
      const ready = phases.flatMap((phase, at) => (phase === "Ready" ? [phases[at - 1]] : []));
      expect(ready.every((before) => before === "Warming")).toBe(true);
    }
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
