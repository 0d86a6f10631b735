import { setTimeout as sleep } from "node:timers/promises";

/**
 * Checks `condition` every 250 ms and resolves when it is true. Rejects with `goal` after `patience` milliseconds.
 * An error of `condition` rejects at once.
 */
export async function until(goal: string, condition: () => Promise<boolean>, patience = 120_000): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${patience / 1000} s in vain until ${goal}`);
    await sleep(250);
  }
}
