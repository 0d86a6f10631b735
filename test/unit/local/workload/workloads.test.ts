import { describe, expect, it } from "vitest";
import type { BuilderPool } from "../../../../src/api/objects/pool.ts";
import type { Pod } from "../../../../src/core/pool/builder/pod.ts";
import { revisionOf } from "../../../../src/core/pool/rollout/revision.ts";
import { createLocalWorkloads } from "../../../../src/local/workload/workloads.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock, settled } from "../../../support/fakeClock.ts";
import { aPool } from "../../core/pool/world.ts";

const seconds = 1000;

interface Task {
  readonly pod: Pod;
  readonly image: string | undefined;
  readonly told: string[];
  end(): void;
  fail(): void;
}

/** A machine with builders controlled by the test; with `drainsAtOnce` they end at once on a stop request. */
function aMachine({ drainsAtOnce = false, diesWhenKilled = true } = {}) {
  const clock = fakeClock();
  const tasks: Task[] = [];
  const state = { startThrows: false };
  const workloads = createLocalWorkloads({
    clock,
    log: createLog({ level: "silent" }),
    start(pod, pool) {
      if (state.startThrows) throw new Error("no such folder");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const told: string[] = [];
      tasks.push({ pod, image: pool.spec.image, told, end: resolve, fail: () => reject(new Error("a bug")) });
      return {
        stop: () => {
          told.push("stop");
          if (drainsAtOnce) resolve();
        },
        kill: () => {
          told.push("kill");
          if (diesWhenKilled) resolve();
        },
        ended: promise,
      };
    },
  });
  const apply = (pool: BuilderPool, replicas: number) => workloads.apply(pool, replicas, revisionOf(pool.spec));
  const pods = async () => (await workloads.observe("o2", new Set())).pods;
  const names = async () =>
    (await pods()).map(
      ({ name, terminating, ended }) => `${name}${terminating ? " ending" : ""}${ended ? " ended" : ""}`,
    );
  return { clock, tasks, state, workloads, apply, pods, names };
}

describe("the workloads of one machine", () => {
  it("have no pods before the first apply", async () => {
    expect(await aMachine().workloads.observe("o2", new Set())).toEqual({ pods: [] });
  });

  it("start all missing ordinals together and report the applied replicas and revision", async () => {
    const { apply, names, workloads } = aMachine();
    const pool = aPool();
    await apply(pool, 3);
    await apply(pool, 3);
    expect(await names()).toEqual(["o2-0", "o2-1", "o2-2"]);
    expect((await workloads.observe("o2", new Set())).workload).toEqual({
      replicas: 3,
      revision: revisionOf(pool.spec),
    });
  });

  it("restart no builder for a new revision, and start a deleted pod at the new revision", async () => {
    const { apply, tasks, workloads, pods } = aMachine({ drainsAtOnce: true });
    await apply(aPool(), 2);
    const next = aPool({ image: "builder:2" });
    await apply(next, 2);
    expect(tasks).toHaveLength(2);
    const [first, second] = await pods();
    await workloads.deletePod("o2", "o2-1", second?.uid ?? "", 30 * seconds);
    await settled();
    const after = await pods();
    expect(after[0]).toEqual(first);
    expect(after[1]).toMatchObject({ name: "o2-1", revision: revisionOf(next.spec), terminating: false });
    expect(after[1]?.uid).not.toBe(second?.uid);
    expect(tasks.at(-1)?.image).toBe("builder:2");
  });

  it("start with the template of an earlier revision after a rollback", async () => {
    const { apply, tasks, workloads } = aMachine();
    const pool = aPool();
    await apply(pool, 1);
    const next = aPool({ image: "builder:2" });
    await workloads.apply(next, 2, revisionOf(pool.spec));
    expect(tasks.map(({ image }) => image)).toEqual(["builder:1", "builder:1"]);
  });

  it("delete a pod only when name and UID match", async () => {
    const { apply, tasks, workloads } = aMachine();
    await apply(aPool(), 1);
    await workloads.deletePod("o2", "o2-0", "another", 0);
    await workloads.deletePod("nobody", "o2-0", tasks[0]?.pod.uid ?? "", 0);
    expect(tasks[0]?.told).toEqual([]);
  });

  it("stop the highest ordinals first on a scale-down and do not restart them", async () => {
    const { apply, tasks, names, clock } = aMachine();
    const pool = aPool();
    await apply(pool, 3);
    await apply(pool, 1);
    expect(tasks.map(({ told }) => told)).toEqual([[], ["stop"], ["stop"]]);
    expect(await names()).toEqual(["o2-0", "o2-1 ending", "o2-2 ending"]);
    tasks[2]?.end();
    tasks[1]?.end();
    await clock.advance(seconds);
    expect(await names()).toEqual(["o2-0"]);
  });

  it("kill a builder once at the earlier of two drain deadlines", async () => {
    const { apply, tasks, workloads, clock } = aMachine();
    await apply(aPool(), 1);
    const uid = tasks[0]?.pod.uid ?? "";
    await workloads.deletePod("o2", "o2-0", uid, 60 * seconds);
    await workloads.deletePod("o2", "o2-0", uid, 90 * seconds);
    await workloads.deletePod("o2", "o2-0", uid, 30 * seconds);
    await clock.advance(29 * seconds);
    expect(tasks[0]?.told).toEqual(["stop"]);
    await clock.advance(seconds);
    expect(tasks[0]?.told).toEqual(["stop", "kill"]);
    expect(tasks).toHaveLength(2);
    await clock.advance(60 * seconds);
    expect(tasks[0]?.told).toEqual(["stop", "kill"]);
  });

  it("restart a crashed builder after 1 s, 2 s, 4 s and at most 1 min, and show it as ended meanwhile", async () => {
    const { apply, tasks, names, clock } = aMachine();
    await apply(aPool(), 1);
    for (const pause of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const before = tasks.length;
      tasks.at(-1)?.[pause === 4 ? "fail" : "end"]();
      await clock.advance(pause * seconds - 1);
      expect([tasks.length, await names()]).toEqual([before, ["o2-0 ended"]]);
      await clock.advance(1);
      expect([tasks.length, await names()]).toEqual([before + 1, ["o2-0"]]);
    }
    expect(new Set(tasks.map(({ pod }) => pod.uid)).size).toBe(tasks.length);
    await clock.advance(600 * seconds);
    tasks.at(-1)?.end();
    await clock.advance(seconds);
    expect(await names()).toEqual(["o2-0"]);
  });

  it("retry a builder that fails to start", async () => {
    const { apply, state, names, clock } = aMachine();
    state.startThrows = true;
    await apply(aPool(), 1);
    expect(await names()).toEqual(["o2-0 ended"]);
    state.startThrows = false;
    await clock.advance(seconds);
    expect(await names()).toEqual(["o2-0"]);
  });

  it("start a pod at once when it is deleted during its restart pause", async () => {
    const { apply, tasks, workloads, names, clock } = aMachine();
    await apply(aPool(), 1);
    tasks[0]?.end();
    await clock.advance(0);
    await workloads.deletePod("o2", "o2-0", tasks[0]?.pod.uid ?? "", 0);
    expect(await names()).toEqual(["o2-0"]);
    await clock.advance(10 * seconds);
    expect(tasks).toHaveLength(2);
  });

  it("notify listeners of every change", async () => {
    const { apply, tasks, workloads, clock } = aMachine();
    const changes: string[] = [];
    workloads.onChange((pool) => changes.push(pool));
    await apply(aPool(), 1);
    expect(changes).toEqual(["o2"]);
    tasks[0]?.end();
    await clock.advance(0);
    expect(changes).toEqual(["o2", "o2"]);
    await clock.advance(seconds);
    expect(changes).toEqual(["o2", "o2", "o2"]);
  });

  it("close by draining, killing and at last abandoning the builders, and start no builder afterwards", async () => {
    const { apply, tasks, workloads, clock } = aMachine({ diesWhenKilled: false });
    await apply(aPool(), 2);
    tasks[1]?.end();
    await clock.advance(0);
    let isClosed = false;
    const closed = workloads.close(60 * seconds).then(() => {
      isClosed = true;
    });
    await clock.advance(59 * seconds);
    expect(tasks.map(({ told }) => told)).toEqual([["stop"], []]);
    const sooner = workloads.close(0);
    await clock.advance(seconds);
    expect([tasks[0]?.told, isClosed]).toEqual([["stop", "kill"], false]);
    await clock.advance(60 * seconds);
    await Promise.all([closed, sooner]);
    await apply(aPool(), 5);
    expect(tasks).toHaveLength(2);
  });
});
