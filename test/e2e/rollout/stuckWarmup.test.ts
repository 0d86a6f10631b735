import { describe, expect, it } from "vitest";
import { greeting, hello } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a warm-up that does not come to its end", () => {
  const scenario = aScenario("stuck");
  const declare = (instances: number) =>
    scenario.declare({ instances, warmup: { builds: "All", timeout: "15s" }, partition: { patience: "1s" } });
  const stalled = async () => {
    const pools = await scenario.list<"BuilderPool">("builderpools");
    const conditions = pools.find(({ metadata }) => metadata.name === "stuck")?.status?.conditions;
    return conditions?.find(({ type }) => type === "Stalled");
  };
  /** Waits until the pool says that a builder is stuck at that step of its warm-up. */
  const stuckAt = (ordinal: number, step: string) =>
    waitFor(`stuck-${ordinal} to be called stuck`, async () => {
      const { status, message = "" } = (await stalled()) ?? {};
      return status === "True" && message.startsWith(`"stuck-${ordinal}" `) && message.includes(step) && message;
    });
  const over = () => waitFor("the stall to be over", async () => (await stalled())?.status === "False");
  const builds = async (text: string) => {
    const { commit } = await scenario.propose(text, greeting(`Hello, ${text} pull request`));
    await scenario.shows(commit, "success");
  };
  let gate: Awaited<ReturnType<typeof scenario.gate>>;

  it("because a build of the base branch hangs is named, with what it waits for", async () => {
    await declare(1);
    await scenario.ready(1);
    gate = await scenario.gate();
    // Only the base branch waits at it: what pull requests change is what it asks for.
    const held = `"$1" | grep -q pull || exec ${gate.wait}\n`;
    await scenario.github().state.pushBranch({ repository: hello, files: { "test/held.test": held } });
    await declare(2);
    expect(await stuckAt(1, "Building")).toBe(
      '"stuck-1" made no progress in its warm-up for 15s ("Building master for build/hello/o2"); its status and log show the reason, `builderpool restart` restarts it',
    );
  });

  it("leaves the others to serve", async () => {
    await builds("meanwhile");
    expect(await scenario.leftReady("stuck-0")).toBe(Number.POSITIVE_INFINITY);
  });

  it("goes on by itself when what held it is gone", async () => {
    gate.open();
    await scenario.ready(2);
    await over();
  });

  it("because git gets no answer is named as well, and goes on when it does", async () => {
    const { faults } = scenario.github();
    await declare(3);
    faults.add({ on: "* /git/*", fault: { kind: "hang" } });
    await stuckAt(2, "tried again soon");
    const { phase, warmup } = (await scenario.builder(2))?.status ?? {};
    expect(phase).toBe("Warming");
    expect(warmup?.failures?.join()).toMatch(/could not be fetched from http/);
    faults.clear();
    await scenario.ready(3);
    await over();
    await builds("at last");
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
