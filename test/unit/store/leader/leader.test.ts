import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EmbeddedStore, openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { StoreError } from "../../../../src/store/error.ts";
import { runAsLeader } from "../../../../src/store/leader/leader.ts";
import type { LeaseStore } from "../../../../src/store/leader/lease.ts";
import { createLog } from "../../../../src/system/log.ts";
import { type FakeClock, fakeClock } from "../../../support/fakeClock.ts";

const log = createLog({ level: "silent" });
let clock: FakeClock;
let store: EmbeddedStore;
let history: string[];

beforeEach(() => {
  clock = fakeClock();
  store = openEmbeddedStore({ file: ":memory:", clock, log });
  history = [];
});
afterEach(() => store.close());

const seconds = () => Math.round(clock.monotonic() / 100) / 10;

/**
 * A candidate process. `stop` shuts it down; a dead process never acts again; a disconnected process cannot reach the
 * store.
 */
function candidate(identity: string, { slowness = 0 } = {}) {
  const shutdown = new AbortController();
  let isCut = false;
  let isDead = false;
  const reach = async <T>(call: () => Promise<T>): Promise<T> => {
    if (isDead) await new Promise(() => {});
    if (isCut) throw new StoreError("Unavailable", "no route");
    return call();
  };
  const reached: LeaseStore = {
    get: (kind, name) => reach(() => store.get(kind, name)),
    create: (kind, object) => reach(() => store.create(kind, object)),
    update: (kind, object) => reach(() => store.update(kind, object)),
  };
  const say = (what: string) => {
    if (!isDead) history.push(`${seconds()} ${identity} ${what}`);
  };
  const ended = runAsLeader(
    reached,
    { name: "operator", identity, clock, log },
    async (signal) => {
      say("leads");
      await clock.sleep(1e9, signal).catch(() => {});
      say("is told to end");
      if (slowness > 0) await clock.sleep(slowness);
      say("has ended");
    },
    shutdown.signal,
  );
  return {
    ended,
    stop: () => shutdown.abort(),
    die: () => {
      isDead = true;
    },
    cut: (is: boolean) => {
      isCut = is;
    },
  };
}

describe("the leader", () => {
  it("is exactly one of the candidates", async () => {
    const all = ["a", "b", "c"].map((identity) => candidate(identity));
    await clock.advance(60_000);

    expect(history).toEqual(["0 a leads"]);
    expect((await store.get("Lease", "operator"))?.spec).toMatchObject({ holderIdentity: "a", leaseTransitions: 0 });
    for (const each of all) each.stop();
  });

  it("waits for its work on shutdown and releases the lease, so the next candidate takes over at once", async () => {
    const first = candidate("a", { slowness: 30_000 });
    await clock.advance(1000);
    const second = candidate("b");
    first.stop();
    await clock.advance(60_000);
    await first.ended;
    second.stop();

    expect(history.slice(0, 3)).toEqual(["0 a leads", "1 a is told to end", "31 a has ended"]);
    expect(history[3]).toMatch(/^3[123](\.\d)? b leads$/);
  });

  it("is replaced within 20 s after its death", async () => {
    const first = candidate("a");
    const second = candidate("b");
    await clock.advance(5000);
    first.die();
    await clock.advance(60_000);
    second.stop();

    expect(history[1]).toMatch(/ b leads$/);
    expect(Number.parseFloat(history[1] ?? "")).toBeLessThan(25);
  });

  it("ends its work before the next leader starts when it cannot reach the store", async () => {
    const first = candidate("a", { slowness: 1000 });
    const second = candidate("b");
    await clock.advance(5000);
    first.cut(true);
    await clock.advance(60_000);
    second.stop();

    expect(history.map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "a leads",
      "a is told to end",
      "a has ended",
      "b leads",
    ]);
    first.stop();
  });

  it("remains leader when the store recovers in time", async () => {
    const first = candidate("a");
    candidate("b");
    await clock.advance(5000);
    first.cut(true);
    await clock.advance(5000);
    first.cut(false);
    await clock.advance(60_000);

    expect(history).toEqual(["0 a leads"]);
  });

  it("ends its work at once when another process holds the lease", async () => {
    candidate("a");
    await clock.advance(1000);
    const lease = await store.get("Lease", "operator");
    if (lease === undefined) throw new Error("nobody took the lease");
    await store.update("Lease", { ...lease, spec: { ...lease.spec, holderIdentity: "somebody" } });
    await clock.advance(5000);

    expect(history[1]).toMatch(/^[234](\.\d)? a is told to end$/);
  });

  it("ends its work first after its host was suspended", async () => {
    let slept = 0;
    const sleeper = { ...clock, now: () => clock.now() + slept };
    const told: string[] = [];
    const work = async (signal: AbortSignal) => {
      await clock.sleep(1e9, signal).catch(() => told.push(String(signal.reason)));
    };
    void runAsLeader(
      store,
      { name: "operator", identity: "a", clock: sleeper, log },
      work,
      new AbortController().signal,
    );
    await clock.advance(1000);
    slept = 600_000;
    await clock.advance(2000);

    expect(told).toHaveLength(1);
  });

  it("rethrows the error of its work and releases the lease", async () => {
    const failing = runAsLeader(
      store,
      { name: "operator", identity: "a", clock, log },
      async () => {
        throw new Error("a bug");
      },
      new AbortController().signal,
    );

    await expect(failing).rejects.toThrow("a bug");
    expect((await store.get("Lease", "operator"))?.spec.holderIdentity).toBe("");
  });

  it("is never two processes under any faults, and exists soon after the faults end", async () => {
    const step = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      what: fc.constantFrom("die", "cut", "mend", "stop"),
      after: fc.integer({ min: 0, max: 15_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        clock = fakeClock();
        store = openEmbeddedStore({ file: ":memory:", clock, log });
        history = [];
        const all = [0, 1, 2].map((who) => candidate(`${who}`, { slowness: 3000 }));
        for (const { who, what, after } of steps) {
          const one = all[who];
          if (one === undefined) continue;
          if (what === "die") one.die();
          else if (what === "stop") one.stop();
          else one.cut(what === "cut");
          await clock.advance(after);
        }
        for (const one of all) one.cut(false);
        const last = candidate("last");
        await clock.advance(25_000);
        const before = history.length;

        const dead = new Set(steps.filter(({ what }) => what === "die").map(({ who }) => `${who}`));
        expect(overlaps(history, dead)).toEqual([]);
        expect(leaders(history)).not.toEqual([]);
        for (const one of [...all, last]) one.stop();
        await clock.advance(10_000);
        expect(overlaps(history.slice(before), dead)).toEqual([]);
        store.close();
      }),
      { numRuns: 100 },
    );
  });
});

function leaders(lines: readonly string[]): readonly string[] {
  const leading = new Set<string>();
  for (const line of lines) {
    const [, who = "", ...what] = line.split(" ");
    if (what.join(" ") === "leads") leading.add(who);
    if (what.join(" ") === "has ended") leading.delete(who);
  }
  return [...leading];
}

/** Moments at which a process became leader while another living process still led. */
function overlaps(lines: readonly string[], dead: ReadonlySet<string>): readonly string[] {
  return lines.filter(
    (line, index) => line.endsWith(" leads") && leaders(lines.slice(0, index)).some((who) => !dead.has(who)),
  );
}
