import { setTimeout as sleep } from "node:timers/promises";

/**
 * Resolves when `condition` holds, asking four times a second; rejects with `what` after `patience` milliseconds. A condition
 * that throws ends the waiting.
 */
export async function until(what: string, condition: () => Promise<boolean>, patience = 120_000): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${patience / 1000} s in vain until ${what}`);
    await sleep(250);
  }
}
