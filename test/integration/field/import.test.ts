import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { program } from "../../support/up/installation.ts";

const plain = (name: string) =>
  `CHECK_NAME=${name}\nPR_REPO=acme/hello\nPR_BRANCH=master\nPACKAGE=hello\nDEVEL_PKGS="$PR_REPO $PR_BRANCH\nacme/alidist master"\n`;

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "builderpool-import-"));
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
}

async function imported() {
  const { stdout, stderr } = await promisify(execFile)(program, ["import", tree]);
  const names = parseAllDocuments(stdout).map((document) => {
    const { metadata, spec } = document.toJS();
    return `${metadata.name}: ${spec.checks.map(({ name }: { name: string }) => name).join(" ")}`;
  });
  const problems = stderr
    .replaceAll(tree, "")
    .split("\n")
    .filter((line) => / (error|warning): /.test(line) && !/AnyCommit/.test(line));
  return { stdout, names, problems };
}

describe("a tree of definitions", () => {
  it("loses one variable to one line of DEFAULTS.env, and no check", async () => {
    write({
      "DEFAULTS.env":
        "ALIBUILD_DEFAULTS=o2\nTIMEOUT=120\nJOBS=$(case $(hostname) in (big*) echo 28;; (*) echo 16;; esac)\nLONG_TIMEOUT=36000\n",
      "mesosci/DEFAULTS.env": "PATH=$HOME/bin:$PATH\nREMOTE_STORE=https://store.example.org/tars\n",
      "mesosci/slc9/hello.env": plain("build/hello/o2"),
    });
    const { stdout, problems } = await imported();
    expect(problems).toEqual([
      "/DEFAULTS.env:3: error: command substitution is not supported: only plain assignments are read; JOBS is left out",
    ]);
    expect(parse(stdout).spec).toMatchObject({
      defaults: "o2",
      remoteStore: "https://store.example.org/tars",
      timeouts: { command: "120s", build: "10h" },
      checks: [{ name: "build/hello/o2" }],
    });
    expect(parse(stdout).spec).not.toHaveProperty("jobs");
  });

  it("keeps its other checks beside a link to nothing, and names the link", async () => {
    write({ "role/box/a.env": plain("a"), "other/box/b.env": plain("b") });
    symlinkSync("gone.env", join(tree, "role/box/c.env"));
    symlinkSync("/nowhere", join(tree, "role/lost"));
    symlinkSync("gone.env", join(tree, "other/DEFAULTS.env"));
    const { names, problems } = await imported();
    expect(names).toEqual(["role-box: a"]);
    expect(problems).toEqual([
      "/role/lost: error: is a link to /nowhere, which does not exist",
      "/other/DEFAULTS.env:1: error: is a link to gone.env, which does not exist; this file and every check that inherits from it are left out",
      "/role/box/c.env:1: error: is a link to gone.env, which does not exist; this file and every check that inherits from it are left out",
    ]);
  });

  it("keeps its other checks beside a folder with the name of a check, and names a link in a circle", async () => {
    write({ "role/box/a.env": plain("a"), "role/box/b.env/x": "" });
    symlinkSync("../..", join(tree, "role/box/up"));
    const { names, problems } = await imported();
    expect(names).toEqual(["role-box: a"]);
    expect(problems).toEqual(["/role/box/up: error: is a link to a folder above it and is left out; remove the link"]);
  });

  it("keeps its other checks beside a pipe and a device with the name of a check", async () => {
    write({ "role/box/a.env": plain("a"), "role/other/x.env": plain("x") });
    execFileSync("mkfifo", [join(tree, "role/box/b.env")]);
    symlinkSync("/dev/zero", join(tree, "role/box/c.env"));
    const { names, problems } = await imported();
    expect(names).toEqual(["role-box: a", "role-other: x"]);
    const left = "this file and every check that inherits from it are left out";
    expect(problems).toEqual([
      `/role/box/b.env:1: error: is no regular file; ${left}`,
      `/role/box/c.env:1: error: is no regular file; ${left}`,
    ]);
  }, 20_000);

  it("has the checks of a linked folder, and names the link", async () => {
    write({ "role/box/a.env": plain("a"), "role/box/DEFAULTS.env": "JOBS=3\n" });
    mkdirSync(join(tree, "second"));
    symlinkSync("../role/box", join(tree, "second/box"));
    const { names, problems } = await imported();
    expect(names).toEqual(["role-box: a", "second-box: a"]);
    expect(problems).toEqual([
      "/second/box: warning: is a link to folder ../role/box; its checks are read a second time here",
      "/second/box/a.env:1: error: CHECK_NAME a is also the name of the check in role/box/a.env; rename one of them",
    ]);
  });
});
