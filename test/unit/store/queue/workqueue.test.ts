import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWorkqueue, type Workqueue } from "../../../../src/store/queue/workqueue.ts";
import { type FakeClock, fakeClock, settled } from "../../../support/fakeClock.ts";

/** A queue with handlers that the test finishes. */
function aQueue(clock: FakeClock, concurrency: number) {
  const started: string[] = [];
  const errors: { key: string; error: unknown; retryInMs: number }[] = [];
  const flights = new Map<string, PromiseWithResolvers<number | undefined>>();
  const queue = createWorkqueue({
    clock,
    concurrency,
    handle: (key) => {
      started.push(key);
      const flight = Promise.withResolvers<number | undefined>();
      flights.set(key, flight);
      return flight.promise;
    },
    onError: (key, error, retryInMs) => errors.push({ key, error, retryInMs }),
    backoff: { firstMs: 100, maxMs: 1000 },
  });
  async function finish(key: string, requeueAfter?: number): Promise<void> {
    flights.get(key)?.resolve(requeueAfter);
    await settled();
  }
  async function fail(key: string): Promise<void> {
    flights.get(key)?.reject(new Error("no"));
    await settled();
  }
  return { queue, started, errors, finish, fail };
}

describe("the workqueue", () => {
  let clock: FakeClock;
  let stop: AbortController;
  let ended: Promise<void> | undefined;
  const run = async (queue: Workqueue) => {
    ended = queue.run(stop.signal);
    await settled();
  };
  beforeEach(() => {
    clock = fakeClock();
    stop = new AbortController();
  });
  afterEach(() => stop.abort());

  it("handles a waiting key once after several adds", async () => {
    const { queue, started, finish } = aQueue(clock, 1);
    for (let times = 0; times < 3; times += 1) queue.add("a");
    await run(queue);
    await finish("a");

    expect(started).toEqual(["a"]);
    expect(queue.size()).toBe(0);
  });

  it("handles a key again after the running handler when it was added in flight", async () => {
    const { queue, started, finish } = aQueue(clock, 5);
    queue.add("a");
    await run(queue);
    queue.add("a");
    await settled();
    expect(started).toEqual(["a"]);

    await finish("a");
    expect(started).toEqual(["a", "a"]);
  });

  it("handles at most `concurrency` keys at once", async () => {
    const { queue, started, finish } = aQueue(clock, 2);
    for (const key of ["a", "b", "c"]) queue.add(key);
    await run(queue);
    expect(started).toEqual(["a", "b"]);

    await finish("b");
    expect(started).toEqual(["a", "b", "c"]);
  });

  it("orders keys by priority, then due time, then insertion", async () => {
    const { queue, started, finish } = aQueue(clock, 1);
    queue.add("later", { afterMs: 10 });
    await clock.advance(20);
    for (const key of ["first", "second"]) queue.add(key);
    queue.add("urgent", { priority: 1 });
    await run(queue);
    for (const key of ["urgent", "later", "first"]) await finish(key);

    expect(started).toEqual(["urgent", "later", "first", "second"]);
  });

  it("keeps the earlier time and the higher priority of two adds", async () => {
    const { queue, started, finish } = aQueue(clock, 1);
    queue.add("a", { afterMs: 1000, priority: 5 });
    queue.add("a", { afterMs: 100 });
    queue.add("a", { afterMs: 5000 });
    queue.add("b", { afterMs: 100, priority: 1 });
    await run(queue);
    await clock.advance(99);
    expect(started).toEqual([]);

    await clock.advance(1);
    await finish("a");
    expect(started).toEqual(["a", "b"]);
  });

  it("handles a key again after the delay returned by its handler", async () => {
    const { queue, started, finish } = aQueue(clock, 1);
    queue.add("a");
    await run(queue);
    await finish("a", 60_000);
    await clock.advance(59_999);
    expect(started).toEqual(["a"]);

    await clock.advance(1);
    expect(started).toEqual(["a", "a"]);
  });

  it("doubles the pause after each failure up to a limit, and resets it after a success", async () => {
    const { queue, errors, finish, fail } = aQueue(clock, 1);
    queue.add("a");
    await run(queue);
    for (let times = 0; times < 5; times += 1) {
      await fail("a");
      await clock.advance(1000);
    }
    await finish("a", 0);
    await clock.advance(0);
    await fail("a");

    // With random = 0.5 each pause is three quarters of 100, 200, 400, 800 and the limit 1000.
    expect(errors.map(({ retryInMs }) => retryInMs)).toEqual([75, 150, 300, 600, 750, 75]);
    expect(errors[0]).toMatchObject({ key: "a", error: new Error("no") });
  });

  it("handles an added key without waiting for its backoff", async () => {
    const { queue, started, fail } = aQueue(clock, 1);
    queue.add("a");
    await run(queue);
    await fail("a");
    queue.add("a");
    await settled();

    expect(started).toEqual(["a", "a"]);
  });

  it("wakes for an added key and for the next due time", async () => {
    const { queue, started } = aQueue(clock, 2);
    await run(queue);
    await clock.advance(10_000_000);
    queue.add("a", { afterMs: 30 });
    await clock.advance(30);

    expect(started).toEqual(["a"]);
  });

  it("yields to the event loop while thousands of keys are due", async () => {
    let handled = 0;
    const queue = createWorkqueue({
      clock,
      concurrency: 1,
      handle: async () => {
        handled += 1;
        return undefined;
      },
      onError: () => {},
    });
    for (let key = 0; key < 5000; key += 1) queue.add(String(key));
    await run(queue);

    expect(handled).toBeGreaterThan(0);
    expect(handled).toBeLessThan(1000);
  });

  it("ends after the handlers in flight when its signal aborts, and starts no further key", async () => {
    const { queue, started, errors, finish, fail } = aQueue(clock, 2);
    for (const key of ["a", "b", "c"]) queue.add(key);
    await run(queue);
    let isOver = false;
    void ended?.then(() => {
      isOver = true;
    });
    stop.abort();
    await finish("a");
    expect(isOver).toBe(false);

    await fail("b");
    expect(isOver).toBe(true);
    expect(started).toEqual(["a", "b"]);
    expect(errors).toEqual([]);
    expect(clock.sleeping()).toBe(0);
  });
});
