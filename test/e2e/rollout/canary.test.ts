import { describe, expect, it } from "vitest";
import type { Build, Verdict } from "../../../src/api/objects/build.ts";
import { greeting } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a canary rollout", () => {
  const scenario = aScenario("canary");
  const status = async () =>
    (await scenario.list<"BuilderPool">("builderpools")).find(({ metadata }) => metadata.name === "canary")?.status;
  const conditionOf = async (type: string) => (await status())?.conditions?.find((one) => one.type === type);
  const pool = (agree: number, template: object, update: object = {}) =>
    scenario.declare({ instances: 2, template, update: { canary: { agree }, ...update } });
  const good = { annotations: { round: "two" } };
  /** Builds of pull requests with `sees` fail at this revision only. */
  const bad = {
    volumes: [{ name: "broken", emptyDir: {} }],
    volumeMounts: [{ name: "broken", mountPath: "/broken" }],
  };
  const sees = { "test/sees.test": "test ! -e /broken\n" };
  const commits: string[] = [];
  let before: string | undefined;

  async function propose(title: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const { commit } = await scenario.propose(title, { ...greeting(`Hello, ${title}`), ...files });
    await scenario.shows(commit, "success");
    commits.push(commit);
  }

  /** Every verdict that was ever written, in any version of any Build. */
  async function verdicts(): Promise<readonly (Verdict & { readonly isShadow: boolean })[]> {
    return (await scenario.writes()).flatMap(({ kind, object }) => {
      const { spec, status: now } = object as Build;
      const verdict = kind === "Build" ? now?.verdict : undefined;
      return verdict === undefined ? [] : [{ ...verdict, isShadow: spec.shadow !== undefined }];
    });
  }

  it("builds shadows with the first updated builder", async () => {
    await pool(2, {});
    await scenario.ready(2);
    before = (await status())?.revision;
    await propose("one");
    await pool(2, good);
    await waitFor("one agreeing verdict", async () => (await status())?.canary?.agreed.length === 1);
    expect(await conditionOf("Progressing")).toMatchObject({
      reason: "CanaryRunning",
      message: expect.stringMatching(/^1 of 2 builders .*the canary "canary-1" builds shadows, 1 of 2 verdicts agree$/),
    });
    expect(await conditionOf("Covered")).toMatchObject({ status: "True" });
    expect((await scenario.builder(1))?.status).toMatchObject({ silent: true, canary: true });
    expect((await scenario.builder(0))?.status?.revision).toBe(before);
  });

  it("becomes loud and continues when enough verdicts agree", async () => {
    await propose("two");
    await waitFor("both builders to have the revision", async () => {
      const now = await status();
      return now?.canary === undefined && now?.updated === 2 && now.ready === 2 && now.revision !== before;
    });
    const revision = (await status())?.revision;
    const own = (await verdicts()).filter((verdict) => verdict.revision === revision);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter(({ isShadow }) => isShadow).every(({ silent }) => silent)).toBe(true);
    await waitFor("both builders to be loud", async () => {
      const silent = (await scenario.list<"Builder">("builders")).map((one) => one.status?.silent);
      return silent.length === 2 && silent.every((one) => one === false);
    });
    before = revision;
  });

  it("stops at a confirmed disagreement, and names both results", async () => {
    await propose("three", sees);
    await pool(50, bad);
    const stalled = await waitFor("the rollout to stop", async () => {
      const found = await conditionOf("Stalled");
      return found?.reason === "CanaryDisagrees" && found;
    });
    expect(stalled.message).toMatch(
      /gave Failure for build\/hello\/o2 of .*\(http.*\), and the loud builders gave Success twice \(http.*\)/,
    );
    const { canary } = (await status()) ?? {};
    expect(canary).toMatchObject({ phase: "Disagreed", loudRevisions: [before] });
    expect(canary?.disagreements).toHaveLength(1);
    const own = (await verdicts()).filter((verdict) => verdict.revision === canary?.revision);
    expect(own.map(({ silent }) => silent)).not.toContain(false);
    expect((await scenario.builder(0))?.status).toMatchObject({ revision: before, silent: false });
    expect(await conditionOf("Covered")).toMatchObject({ status: "True" });
  });

  it("returns with onStall: Rollback", async () => {
    await pool(50, bad, { onStall: "Rollback" });
    await waitFor("both builders to have the old revision", async () => {
      const now = await status();
      const stalled = await conditionOf("Stalled");
      return stalled?.reason === "RolledBack" && now?.updated === 2 && now.ready === 2 && now.revision === before;
    });
    expect((await conditionOf("Stalled"))?.message).toContain("gave Failure for build/hello/o2");
    await propose("four", sees);
  });

  it("publishes one success for each pull request, and nothing of a shadow", async () => {
    for (const commit of commits)
      expect(new Set(scenario.statuses(commit).filter((text) => !text.startsWith("pending")))).toEqual(
        new Set(["success"]),
      );
    expect(await scenario.violations()).toEqual([]);
  });
});
