import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorkqueue } from "../../../src/store/queue/workqueue.ts";
import { fakeClock, settled } from "../../support/fakeClock.ts";

type Step =
  | { readonly do: "add"; readonly key: string; readonly afterMs: number; readonly priority: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "finish" | "fail"; readonly key: string }
  | { readonly do: "requeue"; readonly key: string; readonly afterMs: number };

const key = fc.constantFrom("a", "b", "c", "d", "e");
const ms = fc.constantFrom(0, 1, 5, 20, 100);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key, afterMs: ms, priority: fc.integer({ min: -1, max: 1 }) }),
  fc.record({ do: fc.constant("advance" as const), ms }),
  fc.record({ do: fc.constantFrom("finish" as const, "fail" as const), key }),
  fc.record({ do: fc.constant("requeue" as const), key, afterMs: ms }),
);

interface Wish {
  readonly key: string;
  readonly dueAt: number;
  readonly priority: number;
  readonly turn: number;
}

/** A simple model of the queue: a sorted list, a set and failure counts. */
function model(concurrency: number) {
  const flying = new Map<string, Wish>();
  const failures = new Map<string, number>();
  const started: string[] = [];
  let wishes: Wish[] = [];
  let now = 0;
  let turn = 0;

  function add(key: string, afterMs: number, priority: number): void {
    const before = wishes.find((wish) => wish.key === key);
    turn += 1;
    const wish = { key, dueAt: now + afterMs, priority, turn };
    const merged = before && {
      ...before,
      dueAt: Math.min(before.dueAt, wish.dueAt),
      priority: Math.max(before.priority, priority),
    };
    wishes = [...wishes.filter((other) => other !== before), merged ?? wish];
  }

  function start(): void {
    for (;;) {
      const [next] = wishes
        .filter((wish) => wish.dueAt <= now && !flying.has(wish.key))
        .sort((x, y) => y.priority - x.priority || x.dueAt - y.dueAt || x.turn - y.turn);
      if (next === undefined || flying.size >= concurrency) return;
      wishes = wishes.filter((wish) => wish !== next);
      flying.set(next.key, next);
      started.push(next.key);
    }
  }

  function land(key: string, afterMs: number | undefined): void {
    const { priority } = flying.get(key) ?? { priority: 0 };
    flying.delete(key);
    if (afterMs !== undefined) add(key, afterMs, priority);
  }

  function take(step: Step): void {
    if (step.do === "add") add(step.key, step.afterMs, step.priority);
    else if (step.do === "advance") {
      const end = now + step.ms;
      for (const dueAt of wishes.map((wish) => wish.dueAt).sort((x, y) => x - y))
        if (dueAt > now && dueAt <= end) {
          now = dueAt;
          start();
        }
      now = end;
    } else if (flying.has(step.key)) {
      const failed = step.do === "fail" ? (failures.get(step.key) ?? 0) + 1 : 0;
      failures.set(step.key, failed);
      const backoff = Math.min(40, 10 * 2 ** (failed - 1)) * 0.75;
      land(step.key, step.do === "requeue" ? step.afterMs : step.do === "fail" ? backoff : undefined);
    }
    start();
  }

  return { take, started, flying, size: () => wishes.length };
}

describe("the workqueue", () => {
  it("starts the same keys in the same order as its model, within its concurrency", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, concurrency) => {
          const clock = fakeClock();
          const stop = new AbortController();
          const started: string[] = [];
          const flights = new Map<string, PromiseWithResolvers<number | undefined>>();
          const queue = createWorkqueue({
            clock,
            concurrency,
            onError: () => {},
            backoff: { firstMs: 10, maxMs: 40 },
            handle: async (key) => {
              expect(flights.has(key)).toBe(false);
              started.push(key);
              const flight = Promise.withResolvers<number | undefined>();
              flights.set(key, flight);
              expect(flights.size).toBeLessThanOrEqual(concurrency);
              return flight.promise.finally(() => flights.delete(key));
            },
          });
          const expected = model(concurrency);
          const ended = queue.run(stop.signal);
          for (const step of steps) {
            if (step.do === "add") queue.add(step.key, step);
            else if (step.do === "advance") await clock.advance(step.ms);
            else if (step.do === "fail") flights.get(step.key)?.reject(new Error("no"));
            else flights.get(step.key)?.resolve(step.do === "requeue" ? step.afterMs : undefined);
            await settled();
            expected.take(step);
            expect(started).toEqual(expected.started);
            expect([...flights.keys()].sort()).toEqual([...expected.flying.keys()].sort());
            expect(queue.size()).toBe(expected.size());
          }
          stop.abort();
          for (const flight of flights.values()) flight.resolve(undefined);
          await ended;
        },
      ),
      { numRuns: 300 },
    );
  });
});
