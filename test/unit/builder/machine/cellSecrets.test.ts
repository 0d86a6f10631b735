import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GitHub } from "../../../../src/api/objects/pool/github.ts";
import { Logs } from "../../../../src/api/objects/pool/logs.ts";
import { cellSecretLines, copySecrets } from "../../../../src/builder/machine/cellSecrets.ts";
import { refusedCellSecrets } from "../../../../src/core/definitions/cellSecrets.ts";
import { aPool } from "../../../support/objects/pool.ts";

let root: string;
let from: string;
let to: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cell-secrets-"));
  from = join(root, "secrets");
  to = join(root, "builders/o2-0/secrets");
  mkdirSync(join(from, "grid"), { recursive: true });
  writeFileSync(join(from, "grid/cert"), "one");
  writeFileSync(join(from, "grid/key"), "two");
});
afterEach(() => rmSync(root, { recursive: true }));

const copy = (names = ["grid"], user?: { uid: number; gid: number }) => copySecrets({ from, names, to, user });
const copied = () => {
  const paths = readdirSync(to, { recursive: true, encoding: "utf8" }).sort();
  return paths.filter((path) => statSync(join(to, path)).isFile());
};

describe("the copy of Secrets for builds", () => {
  it("has a folder for each Secret, a file for each key and no other files", async () => {
    symlinkSync("/etc/passwd", join(from, "grid/link"));
    mkdirSync(join(from, "grid/..data"));
    writeFileSync(join(from, "grid/.key.swp"), "half");
    writeFileSync(join(from, "grid/large"), Buffer.alloc(2 ** 20 + 1));
    await copy();
    expect(copied()).toEqual(["grid/cert", "grid/key"]);
    expect(readFileSync(join(to, "grid/key"), "utf8")).toBe("two");
  });

  it("follows changed, added and removed files, and a Secret that is no longer listed", async () => {
    await copy();
    writeFileSync(join(from, "grid/cert"), "three");
    rmSync(join(from, "grid/key"));
    await copy();
    expect([copied(), readFileSync(join(to, "grid/cert"), "utf8")]).toEqual([["grid/cert"], "three"]);
    mkdirSync(join(from, "other"));
    writeFileSync(join(from, "other/key"), "four");
    await copy(["other"]);
    expect(copied()).toEqual(["other/key"]);
    await copy([]);
    expect(readdirSync(join(root, "builders/o2-0"))).toEqual([]);
  });

  it("adds a Secret when its missing folder appears", async () => {
    await copy(["later"]);
    expect(copied()).toEqual([]);
    mkdirSync(join(from, "later"));
    writeFileSync(join(from, "later/key"), "k");
    await copy(["later"]);
    expect(copied()).toEqual(["later/key"]);
  });

  it("does not rewrite an unchanged file", async () => {
    await copy();
    const before = statSync(join(to, "grid/key")).ino;
    await copy();
    expect(statSync(join(to, "grid/key")).ino).toBe(before);
  });

  it.runIf(process.getuid?.() === 0)(
    "is readable for the builds of one builder only, and writable for no build",
    async () => {
      execFileSync("chmod", ["755", root]);
      await copy(["grid"], { uid: 65_002, gid: 65_002 });
      const as = (id: number, script: string) => {
        try {
          return execFileSync("sh", ["-c", script, "sh", join(to, "grid")], {
            uid: id,
            gid: id,
            stdio: "pipe",
          }).toString();
        } catch {
          return "refused";
        }
      };
      expect(as(65_002, 'cat "$1/key"')).toBe("two");
      expect(as(65_003, 'cat "$1/key"')).toBe("refused");
      for (const change of ['echo >> "$1/key"', 'rm "$1/key"', 'chmod 777 "$1/key"', 'touch "$1/new"', 'mv "$1" "$1-"'])
        expect([change, as(65_002, change)]).toEqual([change, "refused"]);
    },
  );
});

describe("a pool with cellSecrets", () => {
  const grid = { cellSecrets: [{ name: "grid" }] };

  it("is reported with the exposed and the missing folders", () => {
    expect(cellSecretLines([aPool(grid), aPool()], from)).toEqual([
      `o2: the code of every pull request that is built can read ${from}/grid (spec.cellSecrets)`,
    ]);
    expect(cellSecretLines([aPool({ cellSecrets: [{ name: "x" }] })], from)[0]).toMatch(
      /; the folder is missing: create it, with one file for each key$/,
    );
  });

  it("requires Strict approvals in every check, inherited or own", () => {
    const loose = { approvals: "AnyCommit" as const };
    const refusal = (spec: Parameters<typeof aPool>[0]) => refusedCellSecrets(aPool({ ...grid, ...spec }), []);
    expect(refusal({})).toEqual([]);
    expect(refusal({ trust: loose })).toEqual([
      "spec.cellSecrets requires trust.approvals: Strict, but check build/O2/o2 has AnyCommit, so any GitHub account could start code that reads the Secrets: set Strict, or remove cellSecrets",
    ]);
    expect(refusal({ checks: [{ name: "a" }, { name: "b", trust: { approvals: "HeadCommit" } }] })[0]).toContain(
      "check b has HeadCommit",
    );
    expect(refusal({ trust: loose, checks: [{ name: "a", trust: { approvals: "Strict" } }] })).toEqual([]);
    expect(refusedCellSecrets(aPool({ trust: loose }), [])).toEqual([]);
  });

  it("cannot expose its own credential, another pool's credential or the log store's credential", () => {
    const github = (name: string) => ({ github: GitHub.parse({ secretRef: { name } }) });
    const logs = Logs.parse({ s3: { endpoint: "https://s3", bucket: "logs", secretRef: { name: "grid" } } });
    expect(refusedCellSecrets(aPool(grid), [aPool(grid), aPool(github("bot"))])).toEqual([]);
    const own = aPool({ ...grid, ...github("grid") });
    expect(refusedCellSecrets(own, [own])).toEqual([
      "spec.cellSecrets names grid, which is the credential of pool o2 (spec.github.secretRef): builds could read it; use a separate Secret for builds",
    ]);
    expect(refusedCellSecrets(aPool(grid), [aPool(grid), aPool(github("grid"))])).toHaveLength(1);
    expect(refusedCellSecrets(aPool(grid), [aPool({ logs })])[0]).toContain("spec.logs.s3.secretRef");
  });
});
