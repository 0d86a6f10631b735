import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { bundle, programs } from "../../../scripts/build/bundle.ts";

const root = resolve(import.meta.dirname, "../../..");

/** Modules that a program must not contain, and its largest size in bytes. */
const limits = {
  cell: { without: /octokit|client-node|prom-client|pino|\/src\/(store|github|logs|operator|builder)\//, bytes: 1e6 },
  "cell-serve": {
    without: /octokit|client-node|prom-client|pino|\/src\/(store|github|logs|operator|builder)\//,
    bytes: 1e6,
  },
  "cell-probe": { without: /node_modules|\/src\/(?!cell\/probe)/, bytes: 5e3 },
  logs: { without: /octokit|client-node|\/src\/(store|github|operator|builder|cell)\//, bytes: 1e6 },
  builder: { without: /octokit|client-node|\/src\/(github|operator|cell)\//, bytes: 2e6 },
  // Only the machines of people have a kubeconfig. The client that reads it is loaded on demand.
  operator: { without: /client-node|\/src\/(builder|cell|local|cli)\//, bytes: 3e6 },
} as const;

describe.each(Object.entries(limits))("the bundle of %s", (name, { without, bytes }) => {
  it("is small and contains no module of another program", async () => {
    const source = Object.entries(programs).find(([known]) => known === name)?.[1] ?? "";
    const { files, modules } = await bundle(resolve(root, source), name);
    expect(modules.filter((id) => without.test(id))).toEqual([]);
    expect(files[`${name}.mjs`]).toBeLessThan(bytes);
    if (name !== "operator") expect(Object.keys(files)).toEqual([`${name}.mjs`]);
  });
});
