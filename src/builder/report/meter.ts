import { Registry } from "prom-client";
import { addGauge } from "../../system/gauge.ts";
import type { Scrape } from "../../system/health.ts";

/**
 * Metrics of a builder in a pod. The operator exports the metrics of pools and builds. The reference page reads this
 * table.
 */
export const builderMetrics = {
  ready: {
    name: "builderpool_builder_ready",
    help: "1 while this builder is Ready in its pool, else 0",
    labels: [],
  },
  memory: {
    name: "process_resident_memory_bytes",
    help: "Resident memory of the builder process; builds run in another container",
    labels: [],
  },
} as const;

export function createBuilderMeter(isReady: () => boolean): Scrape {
  const registry = new Registry();
  addGauge(registry, builderMetrics.ready, () => (isReady() ? 1 : 0));
  addGauge(registry, builderMetrics.memory, () => process.memoryUsage.rss());
  return async () => ({ contentType: registry.contentType, text: await registry.metrics() });
}
