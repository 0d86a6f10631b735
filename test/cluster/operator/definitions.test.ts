import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuilderPool } from "../../../src/api/objects/pool.ts";
import { aCluster, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { playBuilders } from "../support/players.ts";
import { aPool, changePool, condition, settled } from "../support/pools.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** Mistakes in `template`, and a part of the API server's sentence about each. */
const mistakes: readonly (readonly [string, object, RegExp])[] = [
  ["a misspelt field", { resources: { limts: { memory: "4Gi" } } }, /resources\.limts: field not declared in schema/],
  ["an unknown unit", { resources: { limits: { memory: "4Gigs" } } }, /quantities must match/],
  ["a wrong type", { resources: { limits: "4Gi" } }, /limits/],
  ["an impossible volume", { volumes: [{ name: "v", configMap: { nam: "x" } }] }, /nam: field not declared in schema/],
  ["an invalid label", { nodeSelector: { "a b": "c" } }, /a b/],
  ["a wrong toleration", { tolerations: [{ key: "a", operator: "Equals" }] }, /tolerations.*Equals/],
];

describe("a mistake in spec.template", () => {
  it.each(mistakes)(
    "%s is reported in the words of the API server, and heals when corrected",
    async (what, template, words) => {
      const installation = await cluster.install(`typo-${mistakes.findIndex(([name]) => name === what)}`);
      await using _operator = runOperator(installation);
      await using _players = playBuilders(installation);
      await installation.admin.store.create("BuilderPool", aPool("o2", { template, instances: 1 }));
      const before = Date.now();
      const line = await condition(installation, "o2", "DefinitionsValid", /^False DefinitionInvalid/);
      expect(line).toMatch(words);
      // A second at rest; the limit allows for a loaded machine.
      expect(Date.now() - before).toBeLessThan(5_000);
      await changePool(installation, "o2", { template: {} });
      await settled(installation, "o2", 1);
      await condition(installation, "o2", "DefinitionsValid", /^True/);
    },
  );
});

describe("a pool that is refused", () => {
  it("takes no check from another pool", async () => {
    const installation = await cluster.install("owner");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const template = { resources: { limts: { memory: "4Gi" } } };
    await installation.admin.store.create("BuilderPool", aPool("a-old", { template, instances: 1 }));
    await condition(installation, "a-old", "DefinitionsValid", /^False DefinitionInvalid/);
    await installation.admin.store.create("BuilderPool", aPool("young", { instances: 1 }));
    await settled(installation, "young", 1);
    await condition(installation, "young", "Conflict", /^False/);
    await condition(installation, "a-old", "Conflict", /^True CheckConflict: .*belongs to the pool "young"/);
  });
});

describe("the API server", () => {
  const refusal = async (name: string, spec: object): Promise<string> => {
    const { admin } = await installed;
    const pool = { ...aPool("fine"), metadata: { name } };
    const made = { ...pool, spec: { ...pool.spec, ...spec } } as BuilderPool;
    try {
      await admin.client.create(
        { apiVersion: pool.apiVersion, kind: pool.kind, plural: "builderpools" },
        made as never,
      );
      return "accepted";
    } catch (error) {
      return String(error);
    }
  };
  let installed: ReturnType<TestCluster["install"]>;
  beforeAll(() => {
    installed = cluster.install("grammar");
  });

  it.each(["1st", "o2.slc9", `a${"b".repeat(50)}`])("refuses the pool name %s with our sentence", async (name) => {
    expect(await refusal(name, {})).toContain("the name of a pool has at most 50");
  });

  it.each(["o2", `a${"b".repeat(49)}`, "a-1"])("accepts the pool name %s", async (name) => {
    expect(await refusal(name, {})).toBe("accepted");
  });

  const branches = [
    "feature/#12",
    "user@host",
    "100%",
    "it's",
    "a+b",
    "grün/ärger",
    "🚀",
    "a{b}",
    "@x",
    "a@@b",
    "x.locks",
  ];
  it.each(branches)("accepts the branch %s and an owner with _", async (branch) => {
    const repository = "jdoe_cern/.github";
    const checks = [{ name: "c", branch, developmentPackages: [{ repository, branch, directory: "alidist" }] }];
    const name = `branch-${branches.indexOf(branch)}`;
    expect(await refusal(name, { repository, branch, checks })).toBe("accepted");
  });

  it.each([
    "@",
    "-x",
    ".x",
    "x.",
    "a..b",
    "a//b",
    "a/",
    "a.lock",
    "a.lock/b",
    "a@{b",
    "a b",
    "a~b",
    "a:b",
    "a\\b",
    "a*",
    "a[",
  ])("refuses the branch %j everywhere", async (branch) => {
    expect(await refusal("bad-branch", { branch })).toContain("spec.branch");
    expect(await refusal("bad-branch", { checks: [{ name: "c", branch }] })).toContain("branch");
  });

  it.each(["o/..", "../x", "-o/x", "o/x y", "o", "o/x/y"])("refuses the repository %s", async (repository) => {
    expect(await refusal("bad-repository", { repository })).toContain("spec.repository");
  });
});
