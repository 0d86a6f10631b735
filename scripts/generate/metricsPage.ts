import { metrics } from "../../src/operator/metrics/table.ts";

/** The reference page of the metrics, from the table the exporter reads. */
export function metricsPage(): string {
  const rows = metrics.map(
    ({ name, labels, help }) => `| \`${name}\` | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`,
  );
  return `${[
    "<!-- Written by `make generate` from src/operator/metrics; changes made here are lost. -->",
    "",
    "# Metrics",
    "",
    "`builderpool up` serves them to Prometheus at `/metrics`, beside logs and result pages. All are gauges, computed from the objects when they are",
    "asked for. What is not known is absent rather than 0.",
    "",
    "| metric | labels | meaning |",
    "|---|---|---|",
    ...rows,
  ].join("\n")}\n`;
}
