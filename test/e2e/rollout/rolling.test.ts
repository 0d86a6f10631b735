import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { podsOf } from "../support/pods.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a rollout of a new image in a pool that builds", () => {
  const scenario = aScenario("rolled");
  const { images } = anE2ECluster();
  const size = 4;
  const update = { maxUnavailable: 1 };
  const highest = `rolled-${size - 1}`;
  const pool = async () =>
    (await scenario.list<"BuilderPool">("builderpools")).find(({ metadata }) => metadata.name === "rolled");
  const isUpdated = async (revision: string | undefined) => {
    const { status } = (await pool()) ?? {};
    return status?.revision !== revision && status?.updated === size && status.ready === size;
  };
  let held: Awaited<ReturnType<typeof scenario.hold>>;

  it("replaces its builders from the highest ordinal down, one at a time", async () => {
    await scenario.declare({ instances: size, update });
    await scenario.ready(size);
    held = await scenario.hold("Held");
    const { claim } = await scenario.holder(held.number);
    const before = await podsOf(scenario);
    const revision = (await pool())?.status?.revision;
    await scenario.declare({ instances: size, update, image: images.again.cell });
    const ordinal = Number(claim.builder.slice("rolled-".length));
    await waitFor("the rollout to drain the busy builder", async () => {
      return (await scenario.builder(ordinal))?.status?.phase === "Draining";
    });
    expect((await scenario.holder(held.number)).claim).toEqual(claim);
    held.release();
    await scenario.shows(held.commit, "success");
    await waitFor("all builders to be at the new revision", () => isUpdated(revision), 420_000);
    const after = await podsOf(scenario);
    expect([...after].filter(([name, pod]) => before.get(name) === pod)).toEqual([]);
    const names = [...after.keys()].toSorted();
    const left = await Promise.all(names.map((name) => scenario.leftReady(name)));
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    const cells = "jsonpath={.items[*].spec.initContainers[?(@.name=='cell')].image}";
    const used = await scenario.kubectl("get", "pods", "--selector=ci.alice.cern.ch/pool=rolled", "-o", cells);
    expect(used.split(" ")).toEqual(Array.from({ length: size }, () => images.again.cell));
  });

  it("lets the running build finish in its first attempt", async () => {
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ phase: "Done", attempt: 1, verdict: { result: "Success" } });
  });

  it("never has fewer ready builders than its budget allows", async () => {
    expect(await scenario.fewestReady(size)).toBeGreaterThanOrEqual(size - 1);
  });

  it("stalls at an image that cannot be pulled, keeps serving, and continues with the next change", async () => {
    const revision = (await pool())?.status?.revision;
    const warmup = { builds: "None", timeout: "20s" };
    await scenario.declare({ instances: size, update, warmup, image: "localhost/nothing:1" });
    const stalled = await waitFor("the rollout to stall", async () =>
      (await pool())?.status?.conditions?.find(({ type, status }) => type === "Stalled" && status === "True"),
    );
    expect(stalled.message).toContain(highest);
    const { commit } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
    await scenario.shows(commit, "success");
    await scenario.declare({ instances: size, update, warmup, template: { annotations: { round: "two" } } });
    await waitFor("the next change on all builders", () => isUpdated(revision), 420_000);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
