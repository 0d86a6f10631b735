import { Registry } from "prom-client";
import { addGauge } from "../../system/gauge.ts";
import type { Scrape } from "../../system/health.ts";

/** What a builder in a pod measures of itself; what is known of pools and builds the operator tells. The reference page reads this table. */
export const builderMetrics = {
  ready: {
    name: "builderpool_builder_ready",
    help: "1 while this builder is warm and takes part in its pool, 0 while it is not",
    labels: [],
  },
  memory: {
    name: "process_resident_memory_bytes",
    help: "Resident memory of the builder's own process; its builds are in another container",
    labels: [],
  },
} as const;

export function createBuilderMeter(isReady: () => boolean): Scrape {
  const registry = new Registry();
  addGauge(registry, builderMetrics.ready, () => (isReady() ? 1 : 0));
  addGauge(registry, builderMetrics.memory, () => process.memoryUsage.rss());
  return async () => ({ contentType: registry.contentType, text: await registry.metrics() });
}
