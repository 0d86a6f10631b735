import { describe, expect, it } from "vitest";
import { greeting, hello } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a pod that finds on its volume the word that it is ready", () => {
  const scenario = aScenario("stale");
  const marker = "/data/state/ready";
  const inBuilder = (script: string) => scenario.kubectl("exec", "stale-0", "-c", "builder", "--", "sh", "-c", script);
  const isReady = async () => {
    const path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
    return (await scenario.kubectl("get", "pod", "stale-0", "-o", path)) === "True";
  };
  const build = async (number: number) =>
    (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
  let gate: Awaited<ReturnType<typeof scenario.gate>>;
  let waiting: Awaited<ReturnType<typeof scenario.propose>>;

  it("does not believe it: it warms up, and is not ready before", async () => {
    await scenario.declare({ warmup: { builds: "All" } });
    await scenario.ready(1);
    const before = (await scenario.builder(0))?.status;
    expect(JSON.parse(await inBuilder(`cat ${marker}`))).toEqual(before?.warm);
    gate = await scenario.gate();
    // Only the base branch waits at it: what pull requests change is what it asks for.
    const held = `"$1" | grep -q pull || exec ${gate.wait}\n`;
    await scenario.github().state.pushBranch({ repository: hello, files: { "test/held.test": held } });
    // As from a builder that was warm a moment ago, at this very revision.
    await inBuilder(`echo '${JSON.stringify({ ...before?.warm, at: new Date().toISOString() })}' > ${marker}`);
    await scenario.kubectl("delete", "pod", "stale-0", "--wait=false");
    const warming = await waitFor("the next pod to build the base branch", async () => {
      const { status } = (await scenario.builder(0)) ?? {};
      return status?.podUid !== before?.podUid && status?.warmup?.doing?.startsWith("Building") && status;
    });
    expect(warming).toMatchObject({ phase: "Warming", revision: before?.revision });
    expect(warming.warm).toBeUndefined();
    expect(await isReady()).toBe(false);
    expect(await inBuilder(`test -e ${marker} || echo gone`)).toBe("gone");
  });

  it("claims nothing meanwhile, not even when the word appears again", async () => {
    await inBuilder(`echo '{"incarnation":"any","revision":"any"}' > ${marker}`);
    waiting = await scenario.propose("Wait", greeting("Hello, pull request"));
    const queued = await waitFor("the pull request to be queued", () => build(waiting.number));
    // A request that came later went through the queue, so a builder that wanted to claim had its time.
    const later = await scenario.propose("Wait too", greeting("Hello, later pull request"));
    await waitFor("the later one to be queued", () => build(later.number));
    await waitFor("the pool to count both", async () =>
      (await scenario.list<"BuilderPool">("builderpools")).some(
        ({ metadata, status }) => metadata.name === "stale" && status?.queued === 2,
      ),
    );
    expect((await build(waiting.number))?.metadata.resourceVersion).toBe(queued.metadata.resourceVersion);
    expect(await isReady()).toBe(false);
    expect(scenario.statuses(waiting.commit)).toEqual([]);
  });

  it("builds what waited once it is warm, with a word of its own", async () => {
    gate.open();
    await scenario.ready(1);
    await scenario.shows(waiting.commit, "success");
    const { warm, incarnation } = (await scenario.builder(0))?.status ?? {};
    expect(warm?.incarnation).toBe(incarnation);
    expect(JSON.parse(await inBuilder(`cat ${marker}`))).toEqual(warm);
    await waitFor("its pod to be ready, which kubelet asks every five seconds", isReady);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
