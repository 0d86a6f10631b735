import { describe, expect, it } from "vitest";
import { poolChecksOf } from "../../../../src/core/definitions/checks.ts";
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

describe("a value that needs a shell", () => {
  const values: readonly (readonly [string, string])[] = [
    ["JOBS=$(nproc)", "command substitution"],
    ["JOBS=`nproc`", "command substitution"],
    ['JOBS="$(nproc)"', "command substitution"],
    ["JOBS=$(case $(hostname) in (big*) echo 28;; (*) echo 16;; esac)", "command substitution"],
    ['JOBS=$(case x in big*) echo 28;; *) echo ")";; esac)', "command substitution"],
    ["JOBS=$(echo case)", "command substitution"],
    ["JOBS=$(if (case x in (x|case) echo case;; esac); then echo 1; fi)", "command substitution"],
    ["JOBS=$(cat <<E; cat <<-'F'\n16)\nE\n\\\n\tF\n)", "command substitution"],
    ["JOBS=$((1+1))", "arithmetic"],
    ["JOBS=$[1+1]", "arithmetic"],
    ["JOBS=${X:-3}", "`${…}` with more than a name"],
    ["JOBS=${X?none}", "`${…}` with more than a name"],
    ["((JOBS = 16))", "arithmetic"],
    ["let 'JOBS = 16'", "the command `let`"],
    ["read -r JOBS < /etc/jobs", "the command `read`"],
    ["printf -v JOBS %d 16", "the command `printf`"],
    ["JOBS=$(time -p case x in x) nproc;; esac)", "command substitution"],
    ["declare -x JOBS=16", "`declare`"],
    ["typeset -i JOBS=16", "`typeset`"],
    ["local JOBS=16", "`local`"],
    ["readonly JOBS=16", "`readonly`"],
    ["declare -i JOBS\nJOBS=16", "`declare`"],
    ["JOBS=(1 2)", "an array"],
    ["JOBS[0]=1", "an array"],
    ["JOBS+=1", "appending with `+=`"],
    ["JOBS=$1", "a parameter of the shell such as `$1`"],
    ["JOBS=~/x", "`~` for a home folder"],
    ["JOBS=$'a'", "a `$` before a quote"],
    ["JOBS=$HOSTNAME", "variable `$HOSTNAME` of the machine"],
    ["JOBS=1\r", "a carriage return"],
    ['JOBS="1\r"', "a carriage return"],
  ];

  it.each(values)("%j leaves out the variable alone and is reported", (text, construct) => {
    const result = tree(`${text}\nTIMEOUT=7`);
    expect(result.pools[0]?.spec).toMatchObject({ timeouts: { command: "7s" }, checks: [{ name: "c" }] });
    expect(result.pools[0]?.spec).not.toHaveProperty("jobs");
    expect(problems(result)).toEqual([
      `c.env:7: ${construct} is not supported: only plain assignments are read; JOBS is left out`,
    ]);
  });

  it.each(values)("%j leaves out a check that needs the variable, and no other check", (text, construct) => {
    const result = importTree([
      { path: "role/DEFAULTS.env", text: `\n${text.replace("JOBS", "SOURCE")}\nPR_BRANCH=$SOURCE` },
      { path: "role/box/a.env", text: plain.replace("PR_BRANCH=dev\n", "") },
      { path: "role/box/b.env", text: plain },
      { path: "other/box/c.env", text: plain.replace("=c", "=d") },
    ]);
    expect(result.pools.map(({ metadata, spec }) => [metadata.name, spec["checks"]])).toEqual([
      ["other-box", [{ name: "d" }]],
      ["role-box", [{ name: "c" }]],
    ]);
    expect(problems(result)).toEqual([
      `role/DEFAULTS.env:2: ${construct} is not supported: only plain assignments are read; PR_BRANCH is unknown, and every check that needs it is left out`,
      "a.env:1: PR_BRANCH is unknown because of role/DEFAULTS.env:2; the check is left out",
    ]);
  });

  it("that a file below replaces is no problem", () => {
    expect(problems(tree("JOBS=4", { "DEFAULTS.env": "JOBS=$(nproc)" }))).toEqual([]);
    expect(resolved("JOBS=4", { "DEFAULTS.env": "JOBS=$(nproc)" })?.jobs).toBe(4);
  });

  it.each([
    ["X=${PACKAGE:=Q}", "PACKAGE"],
    ['X="${NONE:-${PR_BRANCH=x}}"', "PR_BRANCH"],
    ["X=$((PACKAGE = 3))", "PACKAGE"],
    ["X=$((PACKAGE += 3))", "PACKAGE"],
    ["X=$((PACKAGE++))", "PACKAGE"],
    ["X=$[--PACKAGE]", "PACKAGE"],
    ["X=${JOBS:PACKAGE=1}", "PACKAGE"],
  ])("%s makes a variable unknown that it assigns on the way", (text, name) => {
    const result = tree(text);
    expect(result.pools).toEqual([]);
    expect(problems(result).join("\n")).toContain(`; ${name} is unknown`);
  });

  it.each([
    "echo loading >&2",
    "echo $(case x in x) echo 1;; esac) # two",
    "ulimit -c 0 || true",
    "LONG_TIMEOUT=9 || true",
    "printf '%s\\n' 1",
    "set -o pipefail",
    "set -euo pipefail",
    "[ -d /cvmfs ] || echo none && ls /",
    'test -n "$PACKAGE"',
    ': "$PACKAGE"; true && umask 022',
  ])("stays known behind a command that assigns nothing: %s", (text) => {
    const result = tree("", { "DEFAULTS.env": `JOBS=3\n${text}\nTIMEOUT=7` });
    expect(result.pools[0]?.spec).toMatchObject({ jobs: 3, timeouts: { command: "7s" }, checks: [{ name: "c" }] });
    expect(problems(result)[0]).toMatch(
      /^DEFAULTS.env:2: the command `.+` is skipped: only plain assignments are read$/,
    );
  });

  it("that a command assigns on the way to its words leaves out one variable", () => {
    const result = tree("", { "DEFAULTS.env": ": ${JOBS:=16}\nTIMEOUT=7" });
    expect(result.pools[0]?.spec).toMatchObject({ timeouts: { command: "7s" }, checks: [{ name: "c" }] });
    expect(problems(result)).toEqual([
      "DEFAULTS.env:1: the command `:` is not supported: only plain assignments are read; JOBS is left out",
      "DEFAULTS.env:1: the command `:` is skipped: only plain assignments are read",
    ]);
  });

  it("that assigns in a shell of its own changes no variable", () => {
    expect(resolved("X=$(PACKAGE=Q; echo `PACKAGE=R`)")).toMatchObject({ package: "P" });
  });

  it("never publishes what may be silent", () => {
    expect(tree("SILENT=$(cat silent)").pools).toEqual([]);
  });
});

describe("a file that needs a shell", () => {
  it.each<[string, string, number?]>([
    ["if true; then JOBS=1; fi", "`if`, a conditional or loop"],
    ["rm -rf /", "the command `rm`"],
    ["unset JOBS", "the command `unset`"],
    ["source other.env", "the command `source`"],
    ["JOBS=1 make", "the command `make`"],
    ["JOBS=1 && SILENT=1", "`&`"],
    ["JOBS=1 > file", "`>`"],
    ["JOBS='1", "a `'` that is not closed"],
    ['JOBS="1', 'a `"` that is not closed'],
    ["JOBS=$(nproc", "a `(` that is not closed"],
    ["JOBS=`nproc", "a ``` that is not closed"],
    ["JOBS=${A:-b", "a `${` that is not closed"],
    ["JOBS=$(cat <<E\n)\n)", "a here-document"],
    ["JOBS=$(cat <<E\n\\\nE\nE\n)", "a here-document"],
    ["JOBS=$( ((1<<N)) \nN\n)", "a here-document"],
    ["JOBS=$(case x)", "a `case` without `in`"],
    ["JOBS=$(ca\\\nse x in x) echo 1;; esac)", "a word that continues on the next line"],
    ["readonly JOBS=1\nJOBS=2", "an assignment to the read-only JOBS", 8],
    ["X=PACKAGE; : ${!X:=3}", "`${!…=…}`, which names its variable in a value"],
    ["true && SILENT=1", "`&`"],
    ["echo 1 | read JOBS", "`|`"],
    ["echo 1 {JOBS}>file", "this redirection"],
    ["echo 1 >", "this redirection"],
    ["printf -v $X 1", "the command `printf`"],
    ["let $X=1", "the command `let`"],
    ["read -a JOBS", "the command `read`"],
    ["set -k", "the command `set`"],
    ["test -v 'A[JOBS=3]'", "the command `test`"],
    ["[ -d /cvmfs ] && JOBS=3", "`&`"],
    ["JOBS=1\0", "a NUL byte"],
    ["JOBS=1 \r", "a carriage return"],
  ])("%j is left out and reported", (text, construct, line = 7) => {
    const result = tree(text);
    expect(result.pools).toEqual([]);
    expect(problems(result)).toEqual([
      `c.env:${line}: ${construct} is not supported: only plain assignments are read; this file and every check that inherits from it are left out`,
    ]);
  });

  it("of another system loses the variables of its lines, and no check below", () => {
    const defaults = { "DEFAULTS.env": "\uFEFFJOBS=4\r\n\r\n# limits\r\nTIMEOUT=120\r\nexport LONG_TIMEOUT=9\n" };
    const result = tree("", defaults);
    expect(result.pools[0]?.spec).toMatchObject({ checks: [{ name: "c" }], timeouts: { build: "9s" } });
    const reason = "is not supported: only plain assignments are read";
    expect(problems(result)).toEqual([
      `DEFAULTS.env:1: a byte order mark ${reason}; JOBS is left out`,
      `DEFAULTS.env:4: a carriage return ${reason}; TIMEOUT is left out`,
    ]);
    expect(resolved("JOBS=3\nTIMEOUT=7", defaults)).toMatchObject({ jobs: 3, timeouts: { command: "7s" } });
  });

  it("takes every check with it that inherits from it, and is reported once", () => {
    const result = importTree([
      { path: "role/DEFAULTS.env", text: "\nif true; then JOBS=1; fi" },
      { path: "role/box/a.env", text: plain },
      { path: "role/box/b.env", text: plain },
      { path: "other/box/c.env", text: plain },
    ]);
    expect(result.pools.map(({ metadata }) => metadata.name)).toEqual(["other-box"]);
    expect(problems(result)).toHaveLength(1);
    expect(problems(result)[0]).toMatch(/^role\/DEFAULTS.env:2: `if`/);
  });
});
