import { setTimeout as sleep } from "node:timers/promises";

const patience = 180_000;

/**
 * Calls `observe` every 500 ms until it returns neither undefined nor false, and returns that value.
 * Errors of `observe` count as undefined: a cluster may answer with errors for a while.
 * After `limit` milliseconds, rejects with `goal` and the last error.
 */
export async function waitFor<T>(
  goal: string,
  observe: () => Promise<T | undefined | false>,
  limit = patience,
): Promise<T> {
  const deadline = performance.now() + limit;
  for (let last: unknown; ; ) {
    try {
      const observed = await observe();
      if (observed !== undefined && observed !== false) return observed;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${limit / 1000} s in vain for ${goal}`, { cause: last });
    }
    await sleep(500);
  }
}
