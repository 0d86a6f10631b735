import { describe, expect, it } from "vitest";
import { forecast } from "../../../../../src/core/pool/forecast.ts";
import { planPool } from "../../../../../src/core/pool/plan.ts";
import { revisionOf } from "../../../../../src/core/pool/rollout/revision.ts";
import { actionsOf, condition, settled } from "../settled.ts";
import type { World } from "../world.ts";
import { aTrial, roll } from "./trial.ts";

const hour = 3_600_000;
const canary = { builders: 1, agree: 2, timeout: "12h" };
const four = { instances: 4, update: { maxUnavailable: 1, canary } };

/** Revisions of the pods by ordinal, as `old` and `new`. */
function revisions(world: World): string {
  const target = revisionOf(world.pool.spec);
  const pods = world.pods.toSorted((a, b) => a.ordinal - b.ordinal);
  return pods.map(({ revision }) => (revision === target ? "new" : "old")).join(" ");
}

function begun(spec: object = four, change: object = { image: "builder:2" }) {
  const world = settled(spec);
  const before = revisionOf(world.pool.spec);
  world.change(change);
  roll(world);
  return { world, before, revision: revisionOf(world.pool.spec) };
}

function agree(world: World, count: number): void {
  const revision = revisionOf(world.pool.spec);
  world.trials = Array.from({ length: count }, (_, n) => aTrial(revision, n + 1));
}

describe("a canary rollout", () => {
  it("announces the trial before a pod can start at the new revision", () => {
    const world = settled(four);
    const before = revisionOf(world.pool.spec);
    world.change({ image: "builder:2" });
    world.step();
    expect(actionsOf(world)).toEqual([]);
    expect(world.pool.status?.canary).toEqual({
      revision: revisionOf(world.pool.spec),
      phase: "Testing",
      loudRevisions: [before],
      agreed: [],
    });
    world.step();
    expect(actionsOf(world)).toEqual(["o2-3 Drain Update"]);
    expect(world.workload?.revision).toBe(before);
  });

  it("updates `builders` of the highest ordinals, and starts others at the old revision", () => {
    const { world, before } = begun();
    expect(revisions(world)).toBe("old old old new");
    expect(world.workload?.revision).toBe(before);
    world.crash(1);
    roll(world);
    expect(revisions(world)).toBe("old old old new");
    const two = begun({ instances: 4, update: { maxUnavailable: 2, canary: { ...canary, builders: 2 } } });
    expect(revisions(two.world)).toBe("old old new new");
  });

  it("waits for `agree` verdicts, shows their number, and continues", () => {
    const { world, revision } = begun();
    expect(condition(world, "Progressing")).toBe(
      `True CanaryRunning: 1 of 4 builders have revision ${revision}; the canary "o2-3" builds shadows, 0 of 2 verdicts agree`,
    );
    agree(world, 1);
    roll(world);
    expect(condition(world, "Progressing")).toMatch(/1 of 2 verdicts agree$/);
    expect(revisions(world)).toBe("old old old new");
    agree(world, 2);
    roll(world);
    expect(revisions(world)).toBe("new new new new");
    expect(world.pool.status).toMatchObject({ updated: 4, ready: 4 });
    expect(world.pool.status?.canary).toBeUndefined();
  });

  it("makes the revision loud in the status before it updates another builder", () => {
    const { world, revision } = begun();
    agree(world, 2);
    world.done.length = 0;
    world.step();
    expect(actionsOf(world)).toEqual([]);
    expect(world.pool.status?.canary).toMatchObject({ phase: "Passed" });
    expect(world.pool.status?.canary?.loudRevisions).toContain(revision);
    world.step();
    expect(actionsOf(world)[0]).toBe("o2-2 Drain Update");
  });

  it("remembers agreeing verdicts of pull requests that are closed since", () => {
    const { world, revision } = begun();
    world.trials = [aTrial(revision, 1)];
    world.step();
    world.trials = [aTrial(revision, 2)];
    roll(world);
    expect(revisions(world)).toBe("new new new new");
  });

  it("runs canaries in surge places first, so that no loud builder is missing", () => {
    const { world, revision } = begun({ instances: 1, update: { canary } });
    expect(revisions(world)).toBe("old new");
    expect(condition(world, "Available")).toMatch(/^True AllReady: 1 of 1/);
    agree(world, 2);
    roll(world);
    expect(world.phases()).toEqual(["o2-0 Ready"]);
    expect(world.pods[0]?.revision).toBe(revision);
  });

  it("counts a canary as unavailable for restarts, and says so", () => {
    const { world, revision } = begun();
    expect(condition(world, "Available")).toMatch(/^True AsDesired: 3 of 4/);
    world.restart("o2-0");
    roll(world);
    expect(world.builder("o2-0").spec.desired).toBe("Active");
    expect(condition(world, "Progressing")).toMatch(
      new RegExp(
        `"o2-0" waits for its restart: at least 3 of 4 .*"o2-3" is silent while revision ${revision} is on trial`,
      ),
    );
  });

  it("has no further canary after a crash while the canary starts", () => {
    const world = settled(four);
    world.change({ image: "builder:2" });
    for (let n = 0; n < 20 && world.workload?.revision !== revisionOf(world.pool.spec); n += 1) {
      world.step();
      if (world.workload?.revision !== revisionOf(world.pool.spec)) world.advance();
    }
    world.crash(0);
    expect(revisions(world)).toMatch(/^new/);
    roll(world);
    expect(revisions(world).split(" ").sort().join(" ")).toBe("new old old old");
  });

  it("waits while a verdict differs, and ignores a flaky one", () => {
    const { world, revision } = begun();
    agree(world, 2);
    world.trials = [...world.trials, aTrial(revision, 3, "Differs")];
    roll(world);
    expect(revisions(world)).toBe("old old old new");
    expect(condition(world, "Progressing")).toMatch(/2 of 2 verdicts agree, 1 of another result \(built once more\)$/);
    world.trials = [...world.trials.slice(0, 2), aTrial(revision, 3, "Flaky")];
    roll(world);
    expect(revisions(world)).toBe("new new new new");
  });

  it("stops at a confirmed disagreement with both links, also after the pull request is closed", () => {
    const { world, before, revision } = begun();
    agree(world, 2);
    world.trials = [...world.trials, aTrial(revision, 3, "Confirmed")];
    roll(world);
    world.trials = [];
    roll(world);
    expect(revisions(world)).toBe("old old old new");
    expect(condition(world, "Stalled")).toBe(
      `True CanaryDisagrees: Revision ${revision} gave Failure for c of o/r#3 at 0000000000 (https://logs.example/shadow-3), ` +
        "and the loud builders gave Success twice (https://logs.example/3); the other builders keep working; " +
        `correct the spec, revert it to return to ${before}, or remove spec.update.canary to continue`,
    );
    expect(condition(world, "Ready")).toMatch(/^False CanaryDisagrees/);
    world.crash(3);
    roll(world);
    expect(revisions(world)).toBe("old old old old");
  });

  it("continues after a disagreement if a person removes the canary", () => {
    const { world, revision } = begun();
    world.trials = [aTrial(revision, 3, "Confirmed")];
    roll(world);
    world.change({ update: { maxUnavailable: 1 } });
    roll(world);
    expect(revisions(world)).toBe("new new new new");
    expect(world.pool.status?.canary).toBeUndefined();
  });

  it("returns all builders after a disagreement with onStall: Rollback, and can be tried again", () => {
    const { world, revision, before } = begun({ ...four, update: { ...four.update, onStall: "Rollback" } });
    world.trials = [aTrial(revision, 3, "Confirmed")];
    roll(world);
    expect(revisions(world)).toBe("old old old old");
    expect(condition(world, "Stalled")).toMatch(
      new RegExp(`^True RolledBack: Revision ${revision} gave Failure .*so the pool returned to ${before}`),
    );
    world.trials = [];
    world.change({ update: { ...world.pool.spec.update, onStall: "Pause" } });
    roll(world);
    expect(revisions(world)).toBe("old old old new");
    agree(world, 2);
    roll(world);
    expect(revisions(world)).toBe("new new new new");
  });

  it("stops after `timeout` with too few verdicts, and continues when enough agree", () => {
    const { world, revision, before } = begun();
    agree(world, 1);
    roll(world);
    expect(world.step().requeueAfter).toBe(12 * hour);
    world.now += 12 * hour;
    roll(world);
    expect(condition(world, "Stalled")).toBe(
      `True CanaryTimeout: Only 1 of 2 verdicts of revision ${revision} agree after 12h; the canary stays silent, and the ` +
        "rollout continues when 2 agree; lower spec.update.canary.agree, remove spec.update.canary to continue at once, " +
        `or revert the spec to return to ${before}`,
    );
    expect(revisions(world)).toBe("old old old new");
    agree(world, 2);
    roll(world);
    expect(revisions(world)).toBe("new new new new");
  });

  it("begins anew with another edit, and keeps the earlier revision silent", () => {
    const { world, before, revision } = begun();
    world.trials = [aTrial(revision, 1), aTrial(revision, 2)];
    world.change({ image: "builder:3" });
    world.step();
    expect(world.pool.status?.canary).toMatchObject({ phase: "Testing", agreed: [], loudRevisions: [before] });
    roll(world);
    expect(revisions(world)).toBe("old old old new");
    expect(world.pool.status?.canary?.agreed).toEqual([]);
    world.change({ image: "builder:1" });
    roll(world, ({ pool, pods }) => {
      const mixed = pods.some((pod) => pod.revision !== before);
      if (mixed) expect(pool.status?.canary?.loudRevisions).toEqual([before]);
    });
    expect(world.pods.every((pod) => pod.revision === before)).toBe(true);
    expect(world.pool.status?.canary).toBeUndefined();
  });

  it("does not begin for a first revision, in a silent pool, or in the middle of a rollout", () => {
    expect(settled(four).pool.status?.canary).toBeUndefined();
    const silent = settled({ ...four, silent: true });
    silent.change({ image: "builder:2" });
    roll(silent);
    expect(revisions(silent)).toBe("new new new new");
    const late = settled({ instances: 3, update: { maxUnavailable: 1 } });
    late.change({ image: "builder:2" });
    late.step();
    late.change({ update: { maxUnavailable: 1, canary } });
    roll(late);
    expect(revisions(late)).toBe("new new new");
  });

  it("leaves outside hosts loud at their revision, and updates them after the trial", () => {
    const world = settled({ ...four, external: { names: ["mac"] } });
    world.startHost("mac");
    world.setHost("mac", "Ready");
    roll(world);
    const host = () => world.members().find(({ name }) => name === "mac");
    const before = host()?.revision;
    world.change({ architecture: "slc10_x86-64" });
    roll(world);
    expect(revisions(world)).toBe("old old old new");
    expect(host()?.revision).toBe(before);
    expect(world.builder("mac").spec.desired).toBe("Active");
    expect(world.pool.status?.canary?.loudRevisions).toContain(before);
    agree(world, 2);
    roll(world);
    expect(revisions(world)).toBe("new new new new");
    expect(host()?.revision).not.toBe(before);
    expect(world.pool.status?.canary).toBeUndefined();
  });

  it("starts no canary while paused", () => {
    const { world } = begun({ ...four, update: { ...four.update, paused: true } });
    expect(revisions(world)).toBe("old old old old");
    world.change({ update: { ...world.pool.spec.update, paused: false } });
    roll(world);
    expect(revisions(world)).toBe("old old old new");
  });

  it("is forecast with its wait", () => {
    const world = settled(four);
    world.change({ image: "builder:2" });
    const steps = forecast(world.observe(), 0).map(({ message }) => message);
    const revision = revisionOf(world.pool.spec);
    expect(steps.findIndex((text) => text.startsWith('"o2-3" is updated'))).toBeGreaterThan(-1);
    const wait = steps.findIndex((text) =>
      text.startsWith(`Waits until 2 verdicts of revision ${revision} agree with the loud builders, at most 12h`),
    );
    expect(wait).toBeGreaterThan(0);
    expect(steps.slice(0, wait).some((text) => text.includes("o2-2"))).toBe(false);
    expect(steps.slice(wait).some((text) => text.includes("o2-0"))).toBe(true);
  });

  it("is at rest between two verdicts", () => {
    const { world } = begun();
    agree(world, 1);
    roll(world);
    const again = planPool(world.observe(), world.now + 1);
    expect(again).toMatchObject({ actions: [], events: [] });
    expect(again.status).toEqual(world.pool.status);
  });
});
