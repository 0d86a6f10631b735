import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { faultsOfCluster } from "../support/faults.ts";
import { aScenario, type Holder } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const faults = await faultsOfCluster();

describe.skipIf(faults === undefined)("a node without power (skipped where the provider cannot cut it)", () => {
  const scenario = aScenario("dark");
  const build = async (number: number) =>
    (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number)?.status;
  let held: Awaited<ReturnType<typeof scenario.hold>>;
  let before: Holder;

  it("stops the operator too, so claims stay unchanged until the node is NotReady", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    held = await scenario.hold("Held");
    before = await scenario.holder(held.number);
    await faults?.crashNode();
    const path = "jsonpath={.items[0].status.conditions[?(@.type=='Ready')].status}";
    await waitFor(
      "the node to be NotReady",
      async () => (await scenario.kubectl("get", "nodes", "-o", path)) === "Unknown",
    );
    expect((await scenario.holder(held.number)).claim).toEqual(before.claim);
  });

  it("has the claimed build retried by a new process after the boot", async () => {
    await faults?.startNode();
    held.release();
    await scenario.shows(held.commit, "success");
    const status = await build(held.number);
    expect(status?.attempt).toBeGreaterThan(1);
    await scenario.ready(2);
    const name = before.claim.builder;
    const builder = await scenario.builder(Number(name.slice(name.lastIndexOf("-") + 1)));
    expect(builder?.status?.incarnation).not.toBe(before.incarnation);
  });

  it("builds new pull requests after the boot", async () => {
    const { commit } = await scenario.propose("Afterwards", greeting("Hello, afterwards"));
    await scenario.shows(commit, "success");
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
