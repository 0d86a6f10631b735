import { describe, expect, it } from "vitest";
import { greeting } from "../support/up/installation.ts";
import { aStory } from "./support/story.ts";
import { waitFor } from "./support/waitFor.ts";

describe("a pool whose pods change while it builds", () => {
  const story = aStory("rolled");
  const size = 3;
  const update = { maxUnavailable: 1 };
  const pods = async (): Promise<ReadonlyMap<string, string>> => {
    const { items } = JSON.parse(
      await story.kubectl("get", "pods", "--selector=ci.alice.cern.ch/pool=rolled", "-o", "json"),
    ) as { readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[] };
    return new Map(items.map(({ metadata }) => [metadata.name, metadata.uid]));
  };
  const pool = async () =>
    (await story.list<"BuilderPool">("builderpools")).find(({ metadata }) => metadata.name === "rolled");
  const isUpdated = async (revision: string | undefined) => {
    const { status } = (await pool()) ?? {};
    return status?.revision !== revision && status?.updated === size && status.ready === size;
  };
  let held: Awaited<ReturnType<typeof story.hold>>;

  it("replaces its builders from the highest ordinal down, one at a time", async () => {
    await story.declare({ instances: size, update });
    await story.ready(size);
    held = await story.hold("Held");
    const { claim } = await story.holder(held.number);
    const before = await pods();
    const revision = (await pool())?.status?.revision;
    await story.declare({ instances: size, update, template: { annotations: { round: "two" } } });
    const others = [...before.keys()].filter((name) => name !== claim.builder).toSorted();
    await waitFor("the idle builders to be replaced", async () => {
      const now = await pods();
      return others.slice(-1).every((name) => now.has(name) && now.get(name) !== before.get(name));
    });
    held.letGo();
    await story.shows(held.commit, "success");
    await waitFor("all to be at the new revision", () => isUpdated(revision), 420_000);
    const after = await pods();
    expect([...after].filter(([name, uid]) => before.get(name) === uid)).toEqual([]);
    const left = ["rolled-2", "rolled-1", "rolled-0"].map((name) => story.leftReady(name));
    expect(left).toEqual(left.toSorted((a, b) => a - b));
  });

  it("let the build that ran on one of them come to its end, on that builder", async () => {
    const build = (await story.list<"Build">("builds")).find(({ spec }) => spec.number === held.number);
    expect(build?.status).toMatchObject({ phase: "Done", attempt: 1, verdict: { result: "Success" } });
  });

  it("never had fewer builders ready than its budget allows", () => {
    expect(story.fewestReady(size)).toBeGreaterThanOrEqual(size - 1);
  });

  it("stalls at an image that cannot be had, says so, and keeps serving; the next change goes on", async () => {
    const revision = (await pool())?.status?.revision;
    const warmup = { builds: "None", timeout: "20s" };
    await story.declare({ instances: size, update, warmup, image: "localhost/nothing:1" });
    const stalled = await waitFor("the roll to stall", async () =>
      (await pool())?.status?.conditions?.find(({ type, status }) => type === "Stalled" && status === "True"),
    );
    expect(stalled.message).toMatch(/rolled-2/);
    const { commit } = await story.propose("Meanwhile", greeting("Hello, meanwhile"));
    await story.shows(commit, "success");
    await story.declare({ instances: size, update, warmup, template: { annotations: { round: "three" } } });
    await waitFor("the next change to be everywhere", () => isUpdated(revision), 420_000);
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
