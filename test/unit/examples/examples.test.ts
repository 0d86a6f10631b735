import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { importCommand } from "../../../src/cli/commands/import.ts";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { refusalOf } from "../../../src/core/pool/manifest/refusal.ts";
import { parsePools, readPoolFiles } from "../../../src/local/pools/poolFiles.ts";

const folder = resolve(import.meta.dirname, "../../../examples");
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => join(folder, name));
const pool = async (name: string) => {
  const { pools } = await readPoolFiles([join(folder, name)]);
  if (pools[0] === undefined) throw new Error(`${name} contains no pool`);
  return pools[0];
};

describe("the examples", () => {
  it("are valid pools with unique names and checks", async () => {
    const { pools, problems } = await readPoolFiles(files);
    expect(problems).toEqual([]);
    expect(pools.map(({ metadata }) => metadata.name).toSorted()).toEqual(["dataflow", "o2-slc9", "staging"]);
    const checks = pools.flatMap((one) => poolChecksOf(one).checks.map(({ name }) => name));
    expect(new Set(checks).size).toBe(checks.length);
  });

  it("have every setting that a cluster requires", async () => {
    const { pools } = await readPoolFiles(files);
    expect(pools.map(refusalOf).filter((refusal) => refusal !== undefined)).toEqual([]);
  });

  it("have in dataflow.yaml the ten checks of mesosdaq/slc9, with the approvals that shared trees require", async () => {
    let text = "";
    const tree = resolve(import.meta.dirname, "../../support/repo-config");
    await importCommand(tree, {
      stdout: (piece) => {
        text += piece;
      },
      stderr: () => {},
    });
    const imported = parsePools(text, "imported").pools.find(({ metadata }) => metadata.name === "mesosdaq-slc9");
    if (imported === undefined) throw new Error("the importer created no pool mesosdaq-slc9");
    const example = await pool("dataflow.yaml");
    expect(poolChecksOf(example).checks).toHaveLength(10);
    const { architecture } = example.spec;
    const fromImport = poolChecksOf({ ...imported, spec: { ...imported.spec, ...(architecture && { architecture }) } });
    const strict = fromImport.checks.map((check) => ({ ...check, trust: { ...check.trust, approvals: "Strict" } }));
    expect(poolChecksOf(example).checks).toEqual(strict);
  });

  it("publish nothing from staging-silent.yaml", async () => {
    expect((await pool("staging-silent.yaml")).spec.silent).toBe(true);
  });
});
