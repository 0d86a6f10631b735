import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { poolChecksOf } from "../../../../src/core/definitions/checks.ts";
import { evaluate } from "../../../../src/core/definitions/env/evaluate.ts";
import { importTree } from "../../../../src/core/definitions/import.ts";
import { parsePool } from "../../../../src/core/definitions/parse.ts";

const plain = "CHECK_NAME=c\nPR_REPO=o/r\nPR_BRANCH=dev\nPACKAGE=P\nDEVEL_PKGS='o/r dev\nalisw/alidist master'\n";

/** Imports a tree with one check, `plain` plus `check`, under these `DEFAULTS.env` files. */
function tree(check: string, defaults: Readonly<Record<string, string>> = {}) {
  const files = Object.entries({ ...defaults, "role/box/c.env": plain + check });
  return importTree(files.map(([path, text]) => ({ path, text })));
}

/** Errors and warnings as `file:line: message`, without notes. */
const problems = ({ findings }: ReturnType<typeof importTree>) =>
  findings
    .filter(({ severity }) => severity !== "note")
    .map(({ file, line, message }) => `${file.replace("role/box/", "")}:${line}: ${message}`);

/** The check after inheritance. */
function resolved(check: string, defaults: Readonly<Record<string, string>> = {}) {
  const { pool } = parsePool(tree(check, defaults).pools[0]);
  return pool === undefined ? undefined : poolChecksOf(pool).checks[0];
}

describe("the files of a check", () => {
  it("inherit from the root, the role and the directory, with the innermost value", () => {
    const defaults = {
      "DEFAULTS.env": "JOBS=1\nTIMEOUT=10\nLONG_TIMEOUT=60",
      "role/DEFAULTS.env": "JOBS=2\nTIMEOUT=20",
      "role/box/DEFAULTS.env": "JOBS=3",
    };
    expect(resolved("", defaults)).toMatchObject({ jobs: 3, timeouts: { command: "20s", build: "60s" } });
    expect(resolved("JOBS=4", defaults)?.jobs).toBe(4);
    expect(resolved("JOBS=", defaults)?.jobs).toBeUndefined();
  });

  it("become one pool for each directory, and DEFAULTS.env is never a check", () => {
    const { pools } = importTree([
      { path: "mesosci/slc9/DEFAULTS.env", text: plain },
      { path: "mesosci/slc9/a.env", text: plain.replace("=c", "=a") },
      { path: "mesosci/slc9/b.env", text: plain.replace("=c", "=b") },
      { path: "macos/osx_arm64/a.env", text: plain },
    ]);
    expect(pools.map(({ metadata, spec }) => [metadata.name, spec["checks"]])).toEqual([
      ["macos-osx-arm64", [{ name: "c" }]],
      ["mesosci-slc9", [{ name: "a" }, { name: "b" }]],
    ]);
  });

  it.each(["macos/osx_arm64", "macos/aido2osx7", "mesosci/osx_arm64"])("of %s become a pool of hosts", (path) => {
    const { pools, findings } = importTree([{ path: `${path}/a.env`, text: `${plain}\nCONTAINER_IMAGE=x/y` }]);
    expect(pools[0]?.spec).toMatchObject({ instances: 0, external: { names: [] } });
    expect(pools[0]?.spec).not.toHaveProperty("image");
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`list the hosts of ${path} there`),
    );
  });

  it("move shared fields to the pool and keep only the differences in a check", () => {
    const { pools } = importTree([
      { path: "r/b/1.env", text: `${plain}ALIBUILD_O2_TESTS=1\nUSE_RECC=1\nTRUST_COLLABORATORS=1` },
      {
        path: "r/b/2.env",
        text: `${plain.replace("=c", "=d")}USE_RECC=1\nNO_ASSUME_CONSISTENT_EXTERNALS=1\nPACKAGE=Q`,
      },
    ]);
    expect(pools[0]?.spec).toEqual({
      repository: "o/r",
      branch: "dev",
      package: "P",
      developmentPackages: [
        { repository: "o/r", branch: "dev" },
        { repository: "alisw/alidist", branch: "master" },
      ],
      trust: { approvals: "AnyCommit" },
      env: { USE_RECC: "1" },
      checks: [
        { name: "c", trust: { collaborators: true }, sharedTree: true, env: { ALIBUILD_O2_TESTS: "1" } },
        { name: "d", package: "Q" },
      ],
    });
  });

  it("outside a pool directory are reported", () => {
    const { pools, findings } = importTree([{ path: "role/stray.env", text: plain }]);
    expect([pools, findings.map(({ file, severity }) => `${file} ${severity}`)]).toEqual([
      [],
      ["role/stray.env warning"],
    ]);
  });
});

describe("a value", () => {
  it.each([
    ["in quotes with =", "REMOTE_STORE='s3://a?b=c,d'", { remoteStore: "s3://a?b=c,d" }],
    ["assigned twice", "JOBS=1\nJOBS=2", { jobs: 2 }],
    ["exported", "export JOBS=3 CHECK_NAME=d", { jobs: 3, name: "d" }],
    [
      "beside another on its line",
      "JOBS=3 TIMEOUT=7; SILENT=1",
      { jobs: 3, timeouts: { command: "7s" }, silent: true },
    ],
    ["from other variables", "N=4\nJOBS=$N${N}", { jobs: 44 }],
    ["with an escape", "REMOTE_STORE=a\\ b\\\nc", { remoteStore: "a bc" }],
    ["behind a comment", "# JOBS=9 don't\nJOBS=2 # JOBS=8", { jobs: 2 }],
    ["of paths", "ONLY_RUN_WHEN_CHANGED='DATA/  MC/'", { onlyWhenChanged: ["DATA/", "MC/"] }],
    ["of users with blanks", 'TRUSTED_USERS="a, b,"', { trust: { users: ["a", "b"] } }],
    ["of a team", "TRUSTED_TEAM=o2", { trust: { team: "o2" } }],
    ["for no comments", "DONT_USE_COMMENTS=1", { comments: false }],
    ["for one shared tree", "NO_ASSUME_CONSISTENT_EXTERNALS=", { sharedTree: true }],
    ["for one tree per pull request", "NO_ASSUME_CONSISTENT_EXTERNALS=true", { sharedTree: false }],
    ["of a size in bytes", "MAX_DIFF_SIZE=20000000", { maxGrowth: "20M" }],
    ["of a size in MiB", "MAX_DIFF_SIZE=5", { maxGrowth: "5Mi" }],
    ["of hours", "LONG_TIMEOUT=36000", { timeouts: { build: "10h" } }],
    ["of a released tool", "INSTALL_ALIBUILD=alisw/alibuild@v1.17.43", { tool: { alibuild: "1.17.43" } }],
    ["of a branch of a tool", "INSTALL_ALIBUILD=bitsorg/bits@main", { tool: { alibuild: "bitsorg/bits@main" } }],
    [
      "known at build time only",
      'INSTALL_ALIBUILD="$PR_REPO@$PR_HASH"',
      { tool: { alibuild: "o/r@$PR_HASH" }, testsTool: true },
    ],
  ])("%s has its meaning in the shell", (_, text, expected) => {
    expect(resolved(text)).toMatchObject(expected);
  });

  it("P-17: that is empty removes the inherited value, for this check only", () => {
    const { pools } = importTree([
      { path: "DEFAULTS.env", text: "TRUSTED_USERS=ktf" },
      { path: "role/box/a.env", text: plain },
      { path: "role/box/b.env", text: `${plain.replace("=c", "=d")}TRUSTED_USERS=` },
    ]);
    const { pool } = parsePool(pools[0]);
    expect(pool && poolChecksOf(pool).checks.map(({ name, trust }) => [name, trust.users])).toEqual([
      ["c", ["ktf"]],
      ["d", []],
    ]);
  });

  it("of DEVEL_PKGS has repository, branch and directory, and ignores blanks and empty lines", () => {
    const rows = "DEVEL_PKGS='\n  alisw/alidist\nAliceO2Group/AliceO2 dev O2\n\no/r master '";
    expect(resolved(rows)?.developmentPackages).toEqual([
      { repository: "alisw/alidist", directory: "alidist" },
      { repository: "AliceO2Group/AliceO2", branch: "dev", directory: "O2" },
      { repository: "o/r", branch: "master", directory: "r" },
    ]);
  });

  it("that is invalid leaves out the check, reports its line, and keeps the other checks", () => {
    const { pools, findings } = importTree([
      { path: "role/box/a.env", text: `${plain}DEVEL_PKGS='noslash'` },
      { path: "role/box/b.env", text: plain },
    ]);
    expect(pools[0]?.spec["checks"]).toEqual([{ name: "c" }]);
    expect(problems({ pools, findings })).toEqual([
      'a.env:7: developmentPackages.0.repository: expected owner/name of a GitHub repository, found "noslash"; the check is left out',
    ]);
  });
});

describe("the file with fifty lines of comment, with quotes and apostrophes", () => {
  it("E-11: sets the fourteen variables that bash sets, and none from a comment", () => {
    const path = join(import.meta.dirname, "../../../support/repo-config/mesosci/slc10/o2-gpu-test.env");
    const { own } = evaluate("o2-gpu-test.env", readFileSync(path, "utf8"), new Map());
    expect(own.map(({ name }) => name)).toEqual([
      ...["CONTAINER_IMAGE", "REQUIRES_POOL", "CI_NAME", "CHECK_NAME", "PR_REPO", "PR_BRANCH", "PACKAGE"],
      ...["ALIBUILD_DEFAULTS", "DEVEL_PKGS", "TRUST_COLLABORATORS", "DONT_USE_COMMENTS", "INSTALL_ALIBUILD"],
      ...["REMOTE_STORE", "ONLY_PRS"],
    ]);
  });
});

describe("a finding", () => {
  it.each([
    [
      "TRUST_COLLABORATORS=false",
      "c.env:7: TRUST_COLLABORATORS=false means true, like any text in the shell; write TRUST_COLLABORATORS= to switch it off",
    ],
    [
      'TRUSTED_USERS="a, b"',
      "c.env:7: TRUSTED_USERS has a blank beside b, so ali-bot did not trust this login; builderpool trusts it",
    ],
    ["JOB=3", "c.env:7: JOB is unknown and is left out; correct or remove it"],
    ["JOBS=many", "c.env:7: JOBS=many is left out: expected a whole number above 0"],
    ["REMOTE_STORE=$STORE", "c.env:7: $STORE is not set in any file, so it is empty"],
    ["SILENT=1", "c.env:7: SILENT takes effect now, so this check publishes nothing; ali-bot ignored it and published"],
    ["# CHECK_NAME=z", 'c.env:1: CHECK_NAME is "c", as in the shell; ali-bot\'s lister read "z"'],
    ["O=o\nPR_REPO=$O/r", 'c.env:8: PR_REPO is "o/r", as in the shell; ali-bot\'s lister read "$O/r"'],
    [
      "# don't",
      "c.env:1: a comment has an unclosed quote, so ali-bot's lister failed and did not list this check; builderpool builds it",
    ],
    [
      "PR_REPO_CHECKOUT=x",
      "c.env:7: merge directory x is not a development package (r, alidist), so no pull request would be merged and the check will not run; set PR_REPO_CHECKOUT to the directory of o/r",
    ],
  ])("about %s names file, line and variable", (text, expected) => {
    expect(problems(tree(text))).toEqual([expected]);
  });

  it("describes how a variable without a field is handled, once per file", () => {
    const { findings } = importTree([
      { path: "DEFAULTS.env", text: "INSTALL_ALIBOT=x\nTASK_PRIORITY=" },
      { path: "role/box/a.env", text: plain },
      { path: "role/box/b.env", text: plain.replace("=c", "=d") },
    ]);
    expect(findings.map(({ file, line, message }) => `${file}:${line}: ${message}`).slice(0, 1)).toEqual([
      "DEFAULTS.env:1: INSTALL_ALIBOT is not needed: ali-bot is not installed",
    ]);
    expect(findings.filter(({ file }) => file === "DEFAULTS.env")).toHaveLength(1);
  });

  it("puts a check name that appears again in a folder into another pool", () => {
    const other = plain.replace(/^PR_REPO=.*$/m, "PR_REPO=o/other").replace(/^CHECK_NAME=.*$/m, "CHECK_NAME=C");
    const result = importTree([
      { path: "a/box/b.env", text: plain.replace(/^CHECK_NAME=.*$/m, "CHECK_NAME=b") },
      { path: "a/box/c.env", text: plain },
      { path: "a/box/d.env", text: other },
    ]);
    const names = result.pools.map(({ metadata, spec }) => [
      metadata.name,
      (spec["checks"] as readonly { name: string }[]).map(({ name }) => name),
    ]);

    expect(names).toEqual([
      ["a-box", ["b", "c"]],
      ["a-box-2", ["C"]],
    ]);
    expect(result.findings).toContainEqual(
      expect.objectContaining({
        file: "a/box/d.env",
        message:
          "CHECK_NAME C appears twice in this folder, and a pool has each check name once; this check is in the pool a-box-2",
      }),
    );
  });

  it("names two checks of a repository with the same name, and the first of them", () => {
    const result = importTree([
      { path: "a/box/c.env", text: plain },
      { path: "b/box/c.env", text: plain },
    ]);
    expect(problems(result)).toEqual([
      "b/box/c.env:1: CHECK_NAME c is also the name of the check in a/box/c.env; rename one of them",
    ]);
  });

  it("names the missing required variable, and leaves out the check", () => {
    const result = importTree([{ path: "role/box/c.env", text: "PR_REPO=o/r\nPACKAGE=P" }]);
    expect([result.pools, problems(result)]).toEqual([[], ["c.env:1: CHECK_NAME is not set; the check is left out"]]);
  });

  it("describes the next step for an image of one check, and keeps an image that all checks share", () => {
    const two = (second: string) =>
      importTree([
        { path: "role/box/a.env", text: `${plain}CONTAINER_IMAGE=one` },
        { path: "role/box/b.env", text: plain.replace("=c", "=d") + second },
      ]);
    expect(two("CONTAINER_IMAGE=one").pools[0]?.spec["image"]).toBe("one");
    expect(two("").pools[0]?.spec["image"]).toBeUndefined();
    expect(problems(two(""))).toEqual([
      "a.env:7: CONTAINER_IMAGE is left out because a pool has only one image; move the check to a separate pool with image: one",
    ]);
  });
});
