import { Histogram } from "prom-client";
import { observeStalls } from "../../system/vitals.ts";

/** Name and help text of the histogram. */
export const stallMetric = {
  name: "builderpool_operator_stall_seconds",
  help: "Histogram of the event loop stalls of the operator's process, sampled every 20 ms",
} as const;

/** Upper bounds of the buckets in seconds. */
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Starts to count the stalls of this process. A scrape changes nothing, so several readers see the same stalls. */
export function countStalls(): Histogram {
  const histogram = new Histogram({ ...stallMetric, buckets, registers: [] });
  observeStalls((seconds) => histogram.observe(seconds));
  return histogram;
}
