import { describe, expect, it } from "vitest";
import { greeting, hello } from "../../support/up/installation.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a pod that finds on its volume the word that it is ready", () => {
  const story = aStory("stale");
  const marker = "/data/state/ready";
  const inBuilder = (script: string) => story.kubectl("exec", "stale-0", "-c", "builder", "--", "sh", "-c", script);
  const isReady = async () => {
    const path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
    return (await story.kubectl("get", "pod", "stale-0", "-o", path)) === "True";
  };
  const build = async (number: number) =>
    (await story.list<"Build">("builds")).find(({ spec }) => spec.number === number);
  let gate: Awaited<ReturnType<typeof story.gate>>;
  let waiting: Awaited<ReturnType<typeof story.propose>>;

  it("does not believe it: it warms up, and is not ready before", async () => {
    await story.declare({ warmup: { builds: "All" } });
    await story.ready(1);
    const before = (await story.builder(0))?.status;
    expect(JSON.parse(await inBuilder(`cat ${marker}`))).toEqual(before?.warm);
    gate = await story.gate();
    // Only the base branch waits at it: what pull requests change is what it asks for.
    const held = `"$1" | grep -q pull || exec ${gate.wait}\n`;
    await story.github().state.pushBranch({ repository: hello, files: { "test/held.test": held } });
    // As from a builder that was warm a moment ago, at this very revision.
    await inBuilder(`echo '${JSON.stringify({ ...before?.warm, at: new Date().toISOString() })}' > ${marker}`);
    await story.kubectl("delete", "pod", "stale-0", "--wait=false");
    const warming = await waitFor("the next pod to build the base branch", async () => {
      const { status } = (await story.builder(0)) ?? {};
      return status?.podUid !== before?.podUid && status?.warmup?.doing?.startsWith("Building") && status;
    });
    expect(warming).toMatchObject({ phase: "Warming", revision: before?.revision });
    expect(warming.warm).toBeUndefined();
    expect(await isReady()).toBe(false);
    expect(await inBuilder(`test -e ${marker} || echo gone`)).toBe("gone");
  });

  it("claims nothing meanwhile, not even when the word appears again", async () => {
    await inBuilder(`echo '{"incarnation":"any","revision":"any"}' > ${marker}`);
    waiting = await story.propose("Wait", greeting("Hello, pull request"));
    const queued = await waitFor("the pull request to be queued", () => build(waiting.number));
    // A request that came later went through the queue, so a builder that wanted to claim had its time.
    const later = await story.propose("Wait too", greeting("Hello, later pull request"));
    await waitFor("the later one to be queued", () => build(later.number));
    await waitFor("the pool to count both", async () =>
      (await story.list<"BuilderPool">("builderpools")).some(
        ({ metadata, status }) => metadata.name === "stale" && status?.queued === 2,
      ),
    );
    expect((await build(waiting.number))?.metadata.resourceVersion).toBe(queued.metadata.resourceVersion);
    expect(await isReady()).toBe(false);
    expect(story.statuses(waiting.commit)).toEqual([]);
  });

  it("builds what waited once it is warm, with a word of its own", async () => {
    gate.open();
    await story.ready(1);
    await story.shows(waiting.commit, "success");
    const { warm, incarnation } = (await story.builder(0))?.status ?? {};
    expect(warm?.incarnation).toBe(incarnation);
    expect(JSON.parse(await inBuilder(`cat ${marker}`))).toEqual(warm);
    await waitFor("its pod to be ready, which kubelet asks every five seconds", isReady);
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
