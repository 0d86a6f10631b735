import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { poolChecksOf } from "../../src/core/definitions/checks.ts";
import { evaluate, type Settings } from "../../src/core/definitions/env/evaluate.ts";
import { Unsupported } from "../../src/core/definitions/env/source.ts";
import { directoriesOf } from "../../src/core/definitions/env/tree.ts";
import { importTree } from "../../src/core/definitions/import.ts";
import { parsePool } from "../../src/core/definitions/parse.ts";

const root = join(import.meta.dirname, "../support/repo-config");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".env"))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const directories = directoriesOf(files, () => undefined);
const checks = directories.flatMap(({ defaults, checks }) => checks.map((check) => [...defaults, check]));

const work = mkdtempSync(join(tmpdir(), "env-files-"));
afterAll(() => rmSync(work, { recursive: true }));

/**
 * Runs one bash for many chains of files. Returns the set variables among `names` after each chain. Undefined: the chain
 * ended its shell.
 */
function bash(chains: readonly (readonly string[])[], names: readonly string[]): (Map<string, string> | undefined)[] {
  const quoted = (path: string) => `'${path}'`;
  const printed = names.map((name) => `\${${name}+"${name}=$${name}"}`).join(" ");
  const script = chains
    .map(
      (chain) =>
        `(set -a; ${chain.map((path) => `. ${quoted(path)} >/dev/null`).join("; ")}; printf '%s\\0' ${printed} END); printf '%s\\0' OVER`,
    )
    .join("\n");
  const output = execFileSync("bash", ["--norc"], {
    input: script,
    cwd: work,
    env: { HOME: "/home/nobody" },
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  return output
    .split("OVER\0")
    .slice(0, -1)
    .map((part) =>
      part.endsWith("END\0")
        ? new Map(
            part
              .split("\0")
              .slice(0, -2)
              .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
          )
        : undefined,
    );
}

const values = (settings: Settings) => new Map([...settings].map(([name, { value }]) => [name, value]));

describe("the importer, compared with bash", () => {
  it("W-27: reads every variable of ALICE's 39 checks as bash does", () => {
    const own = checks.map((chain) => {
      let settings: Settings = new Map();
      for (const { path, text } of chain) settings = evaluate(path, text, settings).settings;
      return values(settings);
    });
    const names = [...new Set(own.flatMap((settings) => [...settings.keys()]))];
    const inBash = bash(
      checks.map((chain) => chain.map(({ path }) => join(root, path))),
      names,
    );
    expect(checks).toHaveLength(39);
    expect(own).toEqual(inBash.map((settings) => settings));
  });

  it("resolves every check to the values of bash", () => {
    const names = [
      ...[
        "CHECK_NAME",
        "PR_REPO",
        "PR_BRANCH",
        "PACKAGE",
        "ALIBUILD_DEFAULTS",
        "DEVEL_PKGS",
        "PR_REPO_CHECKOUT",
        "JOBS",
      ],
      ...[
        "TRUST_COLLABORATORS",
        "TRUSTED_USERS",
        "DONT_USE_COMMENTS",
        "NO_ASSUME_CONSISTENT_EXTERNALS",
        "REMOTE_STORE",
      ],
      ...["ONLY_RUN_WHEN_CHANGED", "TIMEOUT", "SILENT", "ALIBUILD_O2_TESTS", "ALIBUILD_O2_FORCE_GPU", "RECC_LOG_LEVEL"],
    ];
    const inBash = bash(
      checks.map((chain) => chain.map(({ path }) => join(root, path))),
      names,
    );
    const pools = importTree(files).pools.map((document) => parsePool(document));
    expect(pools.flatMap(({ problems }) => problems)).toEqual([]);
    const results = pools.flatMap(({ pool }) => (pool === undefined ? [] : [poolChecksOf(pool)]));
    expect(results.flatMap(({ broken }) => broken.map(({ name }) => name))).toEqual(["build/O2/gpu-test-slc10-x86"]);
    const resolved = new Map(results.flatMap(({ checks }) => checks.map((check) => [check.name, check] as const)));
    expect(resolved.size).toBe(38);
    for (const variables of inBash) {
      if (variables === undefined) continue;
      const text = (name: string) => variables.get(name) ?? "";
      const check = resolved.get(text("CHECK_NAME"));
      if (check === undefined) continue;
      const {
        repository,
        branch,
        package: built,
        defaults,
        remoteStore,
        comments,
        sharedTree,
        silent,
        onlyWhenChanged,
      } = check;
      expect({
        repository,
        branch,
        built,
        defaults,
        remoteStore,
        comments,
        sharedTree,
        silent,
        onlyWhenChanged,
      }).toEqual({
        repository: text("PR_REPO"),
        branch: text("PR_BRANCH"),
        built: text("PACKAGE"),
        defaults: text("ALIBUILD_DEFAULTS"),
        remoteStore: text("REMOTE_STORE") || undefined,
        comments: text("DONT_USE_COMMENTS") === "",
        sharedTree: text("NO_ASSUME_CONSISTENT_EXTERNALS") === "",
        silent: text("SILENT") !== "",
        onlyWhenChanged: text("ONLY_RUN_WHEN_CHANGED")
          .split(" ")
          .filter((path) => path !== ""),
      });
      expect(check.trust).toMatchObject({
        collaborators: text("TRUST_COLLABORATORS") !== "",
        users: text("TRUSTED_USERS")
          .split(",")
          .filter((user) => user !== ""),
      });
      expect(check.checkout).toBe(text("PR_REPO_CHECKOUT") || text("PR_REPO").split("/")[1]);
      expect(check.jobs).toBe(text("JOBS") === "" ? undefined : Number(text("JOBS")));
      expect(check.timeouts.command).toBe(`${text("TIMEOUT")}s`);
      for (const name of ["ALIBUILD_O2_TESTS", "ALIBUILD_O2_FORCE_GPU", "RECC_LOG_LEVEL"]) {
        expect(check.env[name] ?? "").toBe(text(name));
      }
      expect(
        check.developmentPackages.map((entry) => `${entry.repository} ${entry.branch ?? ""} ${entry.directory}`),
      ).toEqual(
        text("DEVEL_PKGS")
          .split("\n")
          .map((row) => {
            const [repository = "", branch = "", directory = ""] = row.trim().split(" ");
            return `${repository} ${branch} ${directory || repository.split("/")[1]}`;
          }),
      );
    }
  });

  const names = ["A", "B", "C"];
  const word = fc.constantFrom(
    ...[
      "A=",
      "B=",
      "C=",
      "A=",
      "B=",
      " ",
      "\n",
      "\n",
      ";",
      "'",
      '"',
      "\\",
      "\\\n",
      "$",
      "$A",
      "${B}",
      "$C",
      "{",
      "}",
      "#",
      "~",
      ":",
    ],
    ...["x", "1", "=", "*", "?", "!", "é", "\t", "%", ",", "export ", "export", "'a b'", '"a $A"', "\\$A", "-"],
    ...[
      "$(echo x)",
      "`echo x`",
      "${A:-q}",
      "${B:=q}",
      "$((C=3))",
      "$((C+1))",
      "A+=",
      "B=(",
      "(",
      ")",
      "$'q'",
      "~/",
      "$1",
    ],
    ...[
      "$(echo case)",
      "$(cat <<E\nx)\nE\n)",
      "${A?q}",

      "declare -x ",
      "readonly B=",
      ": ",
      ">&2",
      "<<E",
    ],
    ...[
      "echo ",
      "&& true",
      "|| ",
      "{A}>x",
      "$(case x in (y|case) echo case;; esac; echo q)",
      "$(",
      "case ",
      " in ",
      ";;",
    ],
    ...["((C=2))", "let B=2", "read C <<<x", "printf -v B x", "time ", "[ ", "set -u"],
    ...["$(case x in x) echo q;; esac)", '"$(echo ")")"', "C[0]=", "$[C++]", "${A:C=1:2}", "${B=$(echo y)}", "$(A=3)"],
  );
  const file = fc.array(word, { maxLength: 12 }).map((words) => words.join(""));

  it("knows only values that bash has, in any accepted file, and refuses other files", () => {
    let accepted = 0;
    let written = 0;
    let unknowns = 0;
    const sameAsBash = (texts: readonly string[]) => {
      const read = texts.flatMap((text) => {
        try {
          const { settings } = evaluate("f", text, new Map());
          const unknown = [...settings].filter(([, { unknown }]) => unknown !== undefined).map(([name]) => name);
          unknowns += unknown.length;
          return [{ text, own: values(settings), unknown }];
        } catch (error) {
          if (!(error instanceof Unsupported)) throw error;
          return [];
        }
      });
      const chains = read.map(({ text }) => {
        written += 1;
        const path = `${written}.env`;
        writeFileSync(join(work, path), text);
        return [`./${path}`];
      });
      accepted += read.length;
      const inBash = bash(chains, names);
      for (const [index, { text, own, unknown }] of read.entries()) {
        const known = (all: Iterable<[string, string]>) => [...all].filter(([name]) => !unknown.includes(name)).sort();
        const ours = known([...own].filter(([name]) => names.includes(name)));
        const theirs = inBash[index];
        // `${A?}` ends a shell without A.
        if (theirs !== undefined) expect({ text, values: ours }).toEqual({ text, values: known(theirs) });
      }
    };
    fc.assert(fc.property(fc.array(file, { minLength: 100, maxLength: 100 }), sameAsBash), { numRuns: 8 });
    expect(accepted).toBeGreaterThan(100);
    expect(unknowns).toBeGreaterThan(20);
  });

  it("reports findings only for files of the tree", () => {
    const { findings } = importTree(files);
    const known = new Set(files.map(({ path }) => path));
    expect(findings.filter(({ file }) => !known.has(relative(".", file)))).toEqual([]);
  });
});
