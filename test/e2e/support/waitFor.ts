import { setTimeout as sleep } from "node:timers/promises";

const patience = 180_000;

/**
 * What `observe` resolves with, as soon as it is neither undefined nor false; asked twice a second. After three minutes it
 * rejects with `what` was waited for and the last error, for until then a cluster may well answer with one.
 */
export async function waitFor<T>(
  what: string,
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
      throw new Error(`Waited ${limit / 1000} s in vain for ${what}`, { cause: last });
    }
    await sleep(500);
  }
}
