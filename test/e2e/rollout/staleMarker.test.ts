import { describe, expect, it } from "vitest";
import { greeting, hello } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a pod with a stale ready marker on its volume", () => {
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

  it("ignores the marker: it warms up first and is not ready before", async () => {
    await scenario.declare({ warmup: { builds: "All" } });
    await scenario.ready(1);
    const before = (await scenario.builder(0))?.status;
    expect(JSON.parse(await inBuilder(`cat ${marker}`))).toEqual(before?.warm);
    gate = await scenario.gate();
    // Only builds of the base branch wait at the gate. `$1` of a pull request names a pull request.
    const held = `"$1" | grep -q pull || exec ${gate.wait}\n`;
    await scenario.github().state.pushBranch({ repository: hello, files: { "test/held.test": held } });
    // The marker of a builder that was warm a moment ago at the same revision.
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

  it("claims nothing during the warm-up, even if the marker appears again", async () => {
    await inBuilder(`echo '{"incarnation":"any","revision":"any"}' > ${marker}`);
    waiting = await scenario.propose("Wait", greeting("Hello, pull request"));
    const queued = await waitFor("the pull request to be queued", () => build(waiting.number));
    // A later pull request passed the queue, so a ready builder had time for a claim.
    const later = await scenario.propose("Wait too", greeting("Hello, later pull request"));
    await waitFor("the later pull request to be queued", () => build(later.number));
    await waitFor("the pool to count both", async () =>
      (await scenario.list<"BuilderPool">("builderpools")).some(
        ({ metadata, status }) => metadata.name === "stale" && status?.queued === 2,
      ),
    );
    expect((await build(waiting.number))?.metadata.resourceVersion).toBe(queued.metadata.resourceVersion);
    expect(await isReady()).toBe(false);
    expect(scenario.statuses(waiting.commit)).toEqual([]);
  });

  it("builds the waiting pull request once it is warm, with its own marker", async () => {
    gate.open();
    await scenario.ready(1);
    await scenario.shows(waiting.commit, "success");
    const { warm, incarnation } = (await scenario.builder(0))?.status ?? {};
    expect(warm?.incarnation).toBe(incarnation);
    expect(JSON.parse(await inBuilder(`cat ${marker}`))).toEqual(warm);
    await waitFor("the pod to be ready (the kubelet probes every 5 s)", isReady);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
