import { Gauge, Registry } from "prom-client";
import { metrics, type Scene } from "./table.ts";

/** All metrics in Prometheus' text format, computed now. */
export async function exportMetrics(scene: Scene): Promise<{ readonly contentType: string; readonly text: string }> {
  const registry = new Registry();
  for (const { name, help, labels, samples } of metrics) {
    const gauge = new Gauge({ name, help, labelNames: labels, registers: [registry] });
    for (const sample of samples(scene)) gauge.set(sample.labels, sample.value);
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}
