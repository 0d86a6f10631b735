import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { podsOf } from "../support/pods.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a rollout in a pool of one builder", () => {
  const scenario = aScenario("lone");
  const status = async () =>
    (await scenario.list<"BuilderPool">("builderpools")).find(({ metadata }) => metadata.name === "lone")?.status;
  const change = { template: { annotations: { round: "two" } } };

  it("adds a second builder that serves while the first is replaced", async () => {
    await scenario.declare();
    await scenario.ready(1);
    const held = await scenario.hold("Held");
    const { claim } = await scenario.holder(held.number);
    expect(claim.builder).toBe("lone-0");
    const revision = (await status())?.revision;
    await scenario.declare(change);
    await waitFor("a second builder to be ready", async () => (await scenario.builder(1))?.status?.phase === "Ready");
    const { commit, number } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
    await scenario.shows(commit, "success");
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
    expect(build?.status?.verdict?.builder).toBe("lone-1");
    expect((await scenario.holder(held.number)).claim).toEqual(claim);
    held.release();
    await scenario.shows(held.commit, "success");
    await waitFor("only the first builder, at the new revision", async () => {
      const now = await status();
      const names = [...(await podsOf(scenario)).keys()];
      return now?.revision !== revision && now?.updated === 1 && now.ready === 1 && String(names) === "lone-0";
    });
  });

  it("always has a ready builder", async () => {
    expect(await scenario.fewestReady(1)).toBe(1);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
