import type { Clock } from "../../system/clock.ts";

/** Size and speed of a bucket. */
export interface BucketSize {
  readonly burst: number;
  readonly perSecond: number;
}

/** Token buckets: one for each key. */
export interface Buckets {
  /** Takes one token. With `reserve`, leaves that many. Returns false, and takes nothing, if too few are left. */
  take(key: string, reserve?: number): boolean;
  /** Returns a token that `take` took. */
  refund(key: string): void;
  /** Whether nothing was taken lately. */
  isFull(key: string): boolean;
}

/** Most keys with a bucket. A forgotten bucket is full. */
const maxKeys = 10_000;

/** Creates full buckets. They fill again with time. */
export function createBuckets({ burst, perSecond }: BucketSize, clock: Pick<Clock, "monotonic">): Buckets {
  const levels = new Map<string, { readonly level: number; readonly at: number }>();

  function levelOf(key: string): number {
    const { level, at } = levels.get(key) ?? { level: burst, at: 0 };
    return Math.min(burst, level + ((clock.monotonic() - at) / 1000) * perSecond);
  }
  function setLevel(key: string, level: number): void {
    // A Map iterates in insertion order, so the first key is the one that was not used for longest.
    levels.delete(key);
    if (levels.size >= maxKeys) levels.delete(levels.keys().next().value ?? key);
    if (level < burst) levels.set(key, { level, at: clock.monotonic() });
  }

  return {
    take(key, reserve = 0) {
      const level = levelOf(key);
      if (level < 1 + reserve) return false;
      setLevel(key, level - 1);
      return true;
    },
    refund: (key) => setLevel(key, Math.min(burst, levelOf(key) + 1)),
    isFull: (key) => levelOf(key) >= burst,
  };
}
