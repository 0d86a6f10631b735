import { builderMetrics } from "../../src/builder/report/meter.ts";
import { logMetrics } from "../../src/logs/service/metrics.ts";
import { metrics } from "../../src/operator/metrics/table.ts";

interface Facts {
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** The reference page of the metrics, from the tables the exporters read. */
export function metricsPage(): string {
  return `${[
    "<!-- Written by `make generate` from src/operator/metrics, src/logs and src/builder; changes made here are lost. -->",
    "",
    "# Metrics",
    "",
    "`builderpool up` serves them to Prometheus at `/metrics`, beside logs and result pages; in a cluster the operator that leads does, on its port `http`.",
    "All but those named `_total` are gauges, computed from the objects when they are asked for. What is not known is absent rather than 0.",
    "",
    ...table(metrics),
    "",
    "The log service of a cluster has its own, on its port `http`:",
    "",
    ...table(Object.values(logMetrics)),
    "",
    "And so has every builder of a cluster:",
    "",
    ...table(Object.values(builderMetrics)),
  ].join("\n")}\n`;
}

function table(metrics: readonly Facts[]): readonly string[] {
  const rows = metrics.map(
    ({ name, labels, help }) => `| \`${name}\` | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`,
  );
  return ["| metric | labels | meaning |", "|---|---|---|", ...rows];
}
