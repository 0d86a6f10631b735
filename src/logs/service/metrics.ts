import { Counter, Registry } from "prom-client";
import { addGauge } from "../../system/gauge.ts";
import type { FreeSpace } from "./room.ts";

/** What the log service measures; the reference page reads this table. */
export const logMetrics = {
  stored: { name: "builderpool_logs_stored_bytes", help: "Space that logs take", labels: [] },
  quota: {
    name: "builderpool_logs_quota_bytes",
    help: "Space that logs may take; absent when the volume alone sets the limit",
    labels: [],
  },
  writes: {
    name: "builderpool_logs_writes_total",
    help: "Logs and pages that builders sent, by HTTP status; 2xx were kept",
    labels: ["status"],
  },
} as const;

export interface LogMeter {
  count(status: number): void;
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createLogMeter(room: FreeSpace): LogMeter {
  const registry = new Registry();
  const { stored, quota, writes } = logMetrics;
  const counter = new Counter({ ...writes, labelNames: writes.labels, registers: [registry] });
  addGauge(registry, stored, () => room.used);
  const { quota: limit } = room;
  if (limit !== undefined) addGauge(registry, quota, () => limit);
  return {
    count: (status) => counter.inc({ status: String(status) }),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
