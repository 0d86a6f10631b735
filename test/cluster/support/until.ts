import { setTimeout as sleep } from "node:timers/promises";

/** Polls `look` until it returns neither undefined nor false, without an error. The limit suits a shared machine. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>, limitMs = 90_000): Promise<T> {
  const deadline = performance.now() + limitMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await sleep(250);
  }
  throw new Error(`waited ${limitMs / 1000} s in vain for ${what}; last seen: ${String(last)}`);
}
