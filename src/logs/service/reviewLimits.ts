import type { Clock } from "../../system/clock.ts";
import { createBuckets } from "./buckets.ts";

/** Limits of the token reviews, so that made-up tokens cannot flood the API server. */
export interface ReviewLimits {
  /** Whether a review for this source may start now. */
  admit(source: string): boolean;
  /** Returns the share of a review that found a builder: only failed reviews count. */
  refund(source: string): void;
}

const perSource = { burst: 20, perSecond: 0.5 };
const overall = { burst: 100, perSecond: 10 };
/** Reviews that only sources without a recent failure may use. Then a flood from elsewhere cannot lock out builders. */
const reserve = 50;

/** Creates the limits: for each source, and for all sources together. */
export function createReviewLimits(clock: Pick<Clock, "monotonic">): ReviewLimits {
  const sources = createBuckets(perSource, clock);
  const all = createBuckets(overall, clock);
  return {
    admit(source) {
      const network = networkOf(source);
      const isClean = sources.isFull(network);
      if (!sources.take(network)) return false;
      if (all.take("", isClean ? 0 : reserve)) return true;
      sources.refund(network);
      return false;
    },
    refund(source) {
      sources.refund(networkOf(source));
      all.refund("");
    },
  };
}

/** An IPv4 address, or the first half of an IPv6 address: one host has the whole second half. */
function networkOf(source: string): string {
  const address = source.toLowerCase().replace(/^::ffff:(?=[0-9.]+$)/, "");
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
