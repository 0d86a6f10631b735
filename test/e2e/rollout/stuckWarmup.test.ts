import { describe, expect, it } from "vitest";
import { greeting, hello } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a warm-up that hangs", () => {
  const scenario = aScenario("stuck");
  const declare = (instances: number) =>
    scenario.declare({ instances, warmup: { builds: "All", timeout: "15s" }, partition: { patience: "1s" } });
  const stalled = async () => {
    const pools = await scenario.list<"BuilderPool">("builderpools");
    const conditions = pools.find(({ metadata }) => metadata.name === "stuck")?.status?.conditions;
    return conditions?.find(({ type }) => type === "Stalled");
  };
  /** Waits until the Stalled condition names this builder and this step of its warm-up. */
  const stuckAt = (ordinal: number, step: string) =>
    waitFor(`a stall of stuck-${ordinal}`, async () => {
      const { status, message = "" } = (await stalled()) ?? {};
      return status === "True" && message.includes(`"stuck-${ordinal}"`) && message.includes(step) && message;
    });
  const over = () => waitFor("the end of the stall", async () => (await stalled())?.status === "False");
  const builds = async (text: string) => {
    const { commit } = await scenario.propose(text, greeting(`Hello, ${text} pull request`));
    await scenario.shows(commit, "success");
  };
  let gate: Awaited<ReturnType<typeof scenario.gate>>;

  it("in a build of the base branch stalls the pool, and the message names the step", async () => {
    await declare(1);
    await scenario.ready(1);
    gate = await scenario.gate();
    // Only builds of the base branch wait at the gate. `$1` of a pull request names a pull request.
    const held = `"$1" | grep -q pull || exec ${gate.wait}\n`;
    await scenario.github().state.pushBranch({ repository: hello, files: { "test/held.test": held } });
    await declare(2);
    expect(await stuckAt(1, "Building")).toMatch(/15s.*Building master for build\/hello\/o2/);
  });

  it("leaves the other builders serving", async () => {
    await builds("meanwhile");
    expect(await scenario.leftReady("stuck-0")).toBe(Number.POSITIVE_INFINITY);
  });

  it("continues without help once the build can finish", async () => {
    gate.open();
    await scenario.ready(2);
    await over();
  });

  it("in git without an answer stalls the pool too, and continues with the answer", async () => {
    const { faults } = scenario.github();
    await declare(3);
    faults.add({ on: "* /git/*", fault: { kind: "hang" } });
    await stuckAt(2, "Fetching");
    const phase = await waitFor("a failed step of the warm-up", async () => {
      const { status } = (await scenario.builder(2)) ?? {};
      return status?.warmup?.failures?.join().includes("http") && status.phase;
    });
    expect(phase).toBe("Warming");
    faults.clear();
    await scenario.ready(3);
    await over();
    await builds("at last");
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
