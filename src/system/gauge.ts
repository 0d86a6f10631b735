import { Gauge, type Registry } from "prom-client";

/** Adds a gauge to the registry. `read` computes the value at each scrape. */
export function addGauge(
  registry: Registry,
  { name, help }: { readonly name: string; readonly help: string },
  read: () => number,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
