import { Gauge, type Registry } from "prom-client";

/** Adds a gauge whose value is looked at when somebody asks. */
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
