import { describe, expect, it } from "vitest";
import { poolChecksOf } from "../../../../src/core/definitions/checks.ts";
import { checkOwnersOf } from "../../../../src/core/definitions/ownership.ts";
import { parsePool } from "../../../../src/core/definitions/parse.ts";
import { formatPath } from "../../../../src/core/definitions/problem.ts";

const document = (spec: object, name = "o2") => ({
  apiVersion: "ci.alice.cern.ch/v1alpha1",
  kind: "BuilderPool",
  metadata: { name },
  spec: { package: "O2", repository: "AliceO2Group/AliceO2", checkout: "O2", ...spec },
});

function aPool(spec: object, name?: string) {
  const { pool, problems } = parsePool(document(spec, name));
  expect(problems).toEqual([]);
  if (pool === undefined) throw new Error("no pool");
  return pool;
}

const sentences = (spec: object) =>
  parsePool(document(spec)).problems.map(({ path, message }) => `${formatPath(path)}: ${message}`);

describe("a pool without checks", () => {
  it("has one check with the name of package and defaults, and with its repository and alidist as packages", () => {
    const { checks } = poolChecksOf(aPool({}));
    expect(checks).toMatchObject([
      {
        name: "build/O2/o2",
        branch: "master",
        checkout: "O2",
        developmentPackages: [{ directory: "O2" }, { repository: "alisw/alidist", directory: "alidist" }],
        tool: { alibuild: "1.17.44" },
      },
    ]);
  });
});

describe("a check", () => {
  it("inherits absent settings from its pool, down to single limits and variables", () => {
    const pool = aPool({
      branch: "dev",
      timeouts: { command: "5m" },
      env: { A: "1", B: "2" },
      trust: { users: ["ktf"], collaborators: true },
      checks: [{ name: "c", timeouts: { build: "1h" }, env: { B: "" }, trust: { collaborators: false } }],
    });
    expect(poolChecksOf(pool).checks[0]).toMatchObject({
      branch: "dev",
      timeouts: { command: "5m", build: "1h" },
      env: { A: "1", B: "" },
      trust: { users: ["ktf"], collaborators: false, approvals: "Strict" },
    });
  });

  it("W-1: is refused when its merge directory is not a development package, and the other checks stay", () => {
    const developmentPackages = [
      { repository: "alisw/alidist", branch: "master" },
      { repository: "AliceO2Group/AliceO2", branch: "dev", directory: "O2" },
    ];
    const pool = aPool({ developmentPackages, checks: [{ name: "good" }, { name: "bad", checkout: "AliceO2" }] });
    expect(poolChecksOf(pool).checks.map(({ name }) => name)).toEqual(["good"]);
    expect(poolChecksOf(pool).broken).toEqual([
      {
        name: "bad",
        index: 1,
        field: "checkout",
        message:
          "check bad would merge pull requests into directory AliceO2, but its development packages are alidist, O2, so no pull request would be built; set checkout to the directory of AliceO2Group/AliceO2",
      },
    ]);
  });

  it("needs no merge directory when it tests aliBuild itself", () => {
    const pool = aPool({
      checks: [
        {
          name: "c",
          repository: "alisw/alibuild",
          checkout: "alibuild",
          tool: { alibuild: "alisw/alibuild@$PR_HASH" },
          developmentPackages: [{ repository: "alisw/alidist" }],
        },
      ],
    });
    expect(poolChecksOf(pool)).toMatchObject({ checks: [{ testsTool: true }], broken: [] });
  });

  it("tests aliBuild itself when the tool has the repository in other letters", () => {
    const tool = { alibuild: "alisw/alibuild@$PR_HASH" };
    const developmentPackages = [{ repository: "alisw/alidist" }];
    const pool = aPool({ repository: "AliSW/aliBuild", checkout: undefined, tool, developmentPackages });
    expect(poolChecksOf(pool)).toMatchObject({ checks: [{ testsTool: true }], broken: [] });
  });

  it("merges into the directory of the development package that has its repository in other letters", () => {
    const developmentPackages = [{ repository: "o/Hello" }, { repository: "AliSW/AliDist" }];
    const pool = aPool({ checkout: undefined, repository: "O/hello", developmentPackages });
    expect(poolChecksOf(pool)).toMatchObject({
      broken: [],
      checks: [{ checkout: "Hello", developmentPackages: [{ directory: "Hello" }, { directory: "alidist" }] }],
    });
    const recipes = aPool({ checkout: undefined, repository: "AliSW/AliDist" });
    expect(poolChecksOf(recipes)).toMatchObject({ broken: [], checks: [{ checkout: "alidist" }] });
  });

  it.each(["", " ", "build/O2 /error"])("W-9: is refused with the name %j: a status would have no context", (name) => {
    const { pool, problems } = parsePool(document({ checks: [{ name }, { name: "c" }] }));
    expect(pool && poolChecksOf(pool).checks.map((check) => check.name)).toEqual(["c"]);
    expect(problems.map(({ path }) => formatPath(path))).toContain("spec.checks[0].name");
  });

  it("W-40: has a branch that is compared and passed on as text, never evaluated", () => {
    expect(sentences({ branch: "a[$(id)]" })).toEqual(['spec.branch: expected a branch name, found "a[$(id)]"']);
    expect(poolChecksOf(aPool({ branch: "1+1" })).checks[0]?.branch).toBe("1+1");
  });

  it("without a repository, defined twice in any letter case, or without recipes is broken with a reason", () => {
    const { repository: _, ...spec } = document({}).spec;
    const withoutRepository = parsePool({ ...document({}), spec: { ...spec, checks: [{ name: "c" }] } }).pool;
    expect(withoutRepository && poolChecksOf(withoutRepository).broken[0]?.message).toMatch(
      /check c has no repository; set/,
    );
    expect(poolChecksOf(aPool({ checks: [{ name: "c" }, { name: "c" }] })).broken[0]?.message).toMatch(/defined twice/);
    const written = ["build/O2/o2", "BUILD/o2/O2"].map((name) => ({ name, repository: `${name.slice(0, 5)}/r` }));
    expect(poolChecksOf(aPool({ checks: written })).broken[0]?.message).toMatch(/BUILD\/o2\/O2 is defined twice/);
    const apart = ["o/r", "o/s"].map((repository, index) => ({
      name: index === 0 ? "build/x" : "build/X",
      repository,
    }));
    expect(poolChecksOf(aPool({ checks: apart }))).toMatchObject({
      checks: [{ repository: "o/r" }],
      broken: [
        {
          index: 1,
          message:
            "check build/X is defined for o/r and for o/s in pool o2, and the first definition is used, because a pool has one work area for each check name in any letter case; rename the second, or move it to another pool",
        },
      ],
    });
    const folders = ["O2", "o2", "alidist"].map((directory) => ({ repository: `o/${directory}`, directory }));
    expect(poolChecksOf(aPool({ developmentPackages: folders })).broken[0]?.message).toMatch(
      /two development packages/,
    );
    const bare = aPool({ developmentPackages: [{ repository: "AliceO2Group/AliceO2", directory: "O2" }] });
    expect(poolChecksOf(bare).broken[0]?.message).toMatch(/has no recipes/);
  });
});

describe("a broken document", () => {
  it("names field, expected value and found value", () => {
    expect(sentences({ instances: 10000, silent: "yes", update: { maxUnavailable: "x" } })).toEqual([
      "spec.instances: expected at most 1000, found 10000",
      'spec.silent: expected true or false, found "yes"',
      'spec.update.maxUnavailable: expected a number of builders or a share such as 25%, found "x"',
    ]);
    expect(sentences({ package: "build" })[0]).toMatch(/aliBuild would take it for one of its own commands/);
    expect(sentences({ trust: { team: "alice/O2 Experts" } })).toEqual([
      'spec.trust.team: expected the slug of a team without its organisation, such as o2-experts, found "alice/O2 Experts"',
    ]);
    expect(sentences({ tmieout: 1 })[0]).toMatch(/^spec.tmieout: unknown field/);
    expect(sentences({ branch: "--upload-pack=x" })[0]).toMatch(/^spec.branch: expected a branch name/);
  });

  it("loses only the broken check", () => {
    const { pool, problems } = parsePool(
      document({ checks: [{ name: "a b" }, { name: "ok" }, { repository: "x/y" }] }),
    );
    expect(pool?.spec.checks?.map(({ name }) => name)).toEqual(["ok"]);
    expect(problems.map(({ path }) => formatPath(path))).toEqual(["spec.checks[0].name", "spec.checks[2].name"]);
  });

  it.each([[null], [3], ["text"], [[]], [{}], [{ metadata: {}, spec: { checks: "x" } }]])(
    "%j is refused without a crash",
    (value) => {
      const { pool, problems } = parsePool(value);
      expect(pool).toBeUndefined();
      expect(problems.length).toBeGreaterThan(0);
    },
  );

  it("may be the output of `get -o yaml`: status and the metadata of the store are ignored", () => {
    const printed = { ...document({}), metadata: { name: "o2", uid: "u", resourceVersion: "3" }, status: { ready: 1 } };
    expect(parsePool(printed)).toMatchObject({ problems: [], pool: { metadata: { name: "o2" } } });
  });
});

describe("one check in two pools", () => {
  it("belongs to the older pool, in any letter case of its name", () => {
    const old = { ...aPool({}, "old"), metadata: { name: "old", creationTimestamp: "2026-01-01T00:00:00Z" } };
    const young = { ...aPool({}, "a-young"), metadata: { name: "a-young", creationTimestamp: "2026-01-02T00:00:00Z" } };
    const owner = checkOwnersOf([young, old]);
    expect(owner({ name: "build/O2/o2", repository: "aliceo2group/aliceo2" })).toBe("old");
    expect(owner({ name: "Build/o2/O2", repository: "AliceO2Group/AliceO2" })).toBe("old");
    expect(owner({ name: "another", repository: "AliceO2Group/AliceO2" })).toBeUndefined();
  });

  it("belongs to the younger pool while the older one is refused as a whole and has no builder", () => {
    const young = { ...aPool({}, "young"), metadata: { name: "young", creationTimestamp: "2026-01-02T00:00:00Z" } };
    const ownerBeside = (message: string, instances: number) => {
      const conditions = [
        {
          type: "DefinitionsValid",
          status: "False",
          reason: "DefinitionInvalid",
          message,
          lastTransitionTime: "",
        } as const,
      ];
      const metadata = { name: "old", creationTimestamp: "2026-01-01T00:00:00Z" };
      const old = { ...aPool({}, "old"), metadata, status: { instances, conditions } };
      return checkOwnersOf([old, young])({ name: "build/O2/o2", repository: "AliceO2Group/AliceO2" });
    };
    expect(ownerBeside("the API server refused to apply", 0)).toBe("young");
    expect(ownerBeside("the API server refused to apply", 2)).toBe("old");
    expect(ownerBeside("Not tested until they are corrected: x", 0)).toBe("old");
  });

  it("belongs to a loud pool before a silent one, and to the older silent pool without a loud one", () => {
    const at = (name: string, day: number, silent: boolean) => ({
      ...aPool({ silent }, name),
      metadata: { name, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    });
    const check = { name: "build/O2/o2", repository: "AliceO2Group/AliceO2" };
    expect(checkOwnersOf([at("silent", 1, true), at("loud", 2, false)])(check)).toBe("loud");
    expect(checkOwnersOf([at("silent", 1, true), at("next", 2, true)])(check)).toBe("silent");
  });
});
