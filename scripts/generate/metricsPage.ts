import { builderMetrics } from "../../src/builder/report/meter.ts";
import { logMetrics } from "../../src/logs/service/metrics.ts";
import { metrics } from "../../src/operator/metrics/table.ts";
import { code, sentence, table, wrapped } from "./markdown.ts";

interface MetricFacts {
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Returns the reference page of the metrics, from the tables that the exporters read. */
export function metricsPage(): string {
  return `${[
    "<!-- Written by `make generate` from src/operator/metrics, src/logs and src/builder; changes made here are lost. -->",
    "",
    "# Metrics",
    "",
    wrapped(
      "`builderpool up` serves these metrics to Prometheus at `/metrics`, on the address of the result pages. In a cluster the leading operator serves them on its port `http`.",
    ),
    "",
    wrapped(
      "Metrics with a name that ends in `_total` are counters. All others are gauges, computed from the objects at each scrape. An unknown value is absent, not 0.",
    ),
    "",
    ...metricsTable(metrics),
    "",
    "The log service of a cluster serves its own metrics on its port `metrics`:",
    "",
    ...metricsTable(Object.values(logMetrics)),
    "",
    "Every builder of a cluster serves its own metrics too:",
    "",
    ...metricsTable(Object.values(builderMetrics)),
  ].join("\n")}\n`;
}

function metricsTable(rows: readonly MetricFacts[]): readonly string[] {
  return table(
    ["metric", "labels", "meaning"],
    rows.map(({ name, labels, help }) => [code(name), labels.map(code).join(", "), sentence(help)]),
  );
}
