import { Counter, Gauge, Registry } from "prom-client";
import { type MetricsInput, metrics } from "./table.ts";

/** Computes all metrics, in Prometheus' text format. */
export async function exportMetrics(
  input: MetricsInput,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const registry = new Registry();
  for (const { name, help, labels, samples, isCounter, histogram } of metrics) {
    const counts = histogram?.(input);
    if (counts !== undefined) registry.registerMetric(counts);
    const found = samples(input);
    if (found.length === 0) continue; // a metric without labels would export 0
    const configuration = { name, help, labelNames: labels, registers: [registry] };
    const metric = isCounter ? new Counter(configuration) : new Gauge(configuration);
    for (const sample of found) metric.inc(sample.labels, sample.value);
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}
