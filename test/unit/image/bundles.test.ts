import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { bundle, programs } from "../../../scripts/build/bundle.ts";

const root = resolve(import.meta.dirname, "../../..");

/** What must not be in a program, and the most bytes it may have. */
const limits = {
  cell: { without: /octokit|client-node|prom-client|pino|\/src\/(store|github|logs|operator|builder)\//, bytes: 1e6 },
  "cell-serve": {
    without: /octokit|client-node|prom-client|pino|\/src\/(store|github|logs|operator|builder)\//,
    bytes: 1e6,
  },
  logs: { without: /octokit|client-node|\/src\/(store|github|operator|builder|cell)\//, bytes: 1e6 },
  builder: { without: /octokit|client-node|\/src\/(github|operator|cell)\//, bytes: 2e6 },
  // A kubeconfig is for people's machines: the client that reads it is loaded where one is given.
  operator: { without: /client-node|\/src\/(builder|cell|local|cli)\//, bytes: 3e6 },
} as const;

describe.each(Object.entries(limits))("the bundle of %s", (name, { without, bytes }) => {
  it("is small, with nothing in it that it has no business with", async () => {
    const source = Object.entries(programs).find(([known]) => known === name)?.[1] ?? "";
    const { files, modules } = await bundle(resolve(root, source), name);
    expect(modules.filter((id) => without.test(id))).toEqual([]);
    expect(files[`${name}.mjs`]).toBeLessThan(bytes);
    if (name !== "operator") expect(Object.keys(files)).toEqual([`${name}.mjs`]);
  });
});
