import { Counter, Registry } from "prom-client";
import { addGauge } from "../../system/gauge.ts";
import type { FreeSpace } from "./room.ts";

/** The metrics of the log service. The reference page is generated from this table. */
export const logMetrics = {
  stored: { name: "builderpool_logs_stored_bytes", help: "Space used by logs", labels: [] },
  quota: {
    name: "builderpool_logs_quota_bytes",
    help: "Space that logs may use; absent if only the volume sets a limit",
    labels: [],
  },
  writes: {
    name: "builderpool_logs_writes_total",
    help: "Logs and pages sent by builders, by HTTP status; 2xx means stored",
    labels: ["status"],
  },
} as const;

/** The metrics of one log service process. */
export interface LogMeter {
  /** Counts one write by its HTTP status. */
  count(status: number): void;
  /** The metrics in the Prometheus text format. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Creates the meter with its own registry. */
export function createLogMeter(space: FreeSpace): LogMeter {
  const registry = new Registry();
  const { stored, quota, writes } = logMetrics;
  const counter = new Counter({ ...writes, labelNames: writes.labels, registers: [registry] });
  addGauge(registry, stored, () => space.used);
  const { quota: limit } = space;
  if (limit !== undefined) addGauge(registry, quota, () => limit);
  return {
    count: (status) => counter.inc({ status: String(status) }),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
