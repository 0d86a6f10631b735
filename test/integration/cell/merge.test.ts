import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aTreeWorld, entriesOf, type TreeWorld } from "../../support/cell/treeWorld.ts";

const git = (tree: string, ...args: readonly string[]) =>
  execFileSync("git", ["-C", tree, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

/** Merges in a clone as `git merge` does, with the identity of builds. Returns the commit. */
function mergedByGit({ root, hello }: TreeWorld, commit: string): string {
  const clone = join(root, "clone");
  execFileSync("git", ["clone", "-q", hello.path, clone]);
  git(clone, "fetch", "-q", "origin", `+refs/pull/*:refs/pull/*`);
  const date = git(clone, "show", "-s", "--format=%ct +0000", commit);
  const name = "alibuild";
  const email = "alibuild@cern.ch";
  execFileSync("git", ["-C", clone, "merge", "-q", "--no-edit", commit], {
    env: {
      ...process.env,
      ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
      ...{ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    },
  });
  return git(clone, "rev-parse", "HEAD");
}

/** Commits one changed file on the first commit, with git's raw date. */
function commitAt({ source }: TreeWorld, date: string): string {
  const id = source(["hash-object", "-w", "--stdin"], { input: `${date}\n` });
  const parent = source(["rev-list", "--max-parents=0", "master"]);
  const base = source(["ls-tree", parent]);
  const tree = source(["mktree"], { input: `${base}\n100644 blob ${id}\tdated\n` });
  const text = `tree ${tree}\nparent ${parent}\nauthor t <t@t> ${date}\ncommitter t <t@t> ${date}\n\nDated\n`;
  const commit = source(["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], { input: text });
  source(["update-ref", `refs/pull/${commit}`, commit]);
  return commit;
}

const first = (commit: string) => ({ pullRequest: { number: 1, commit } });

describe("a merge", () => {
  it("has the hash that git merge gives it, with the same files", async () => {
    const world = aTreeWorld();
    const commit = world.hello.propose({ "hello.in": "echo changed\n", "new/file": "new\n" });
    world.hello.commit({ "docs/readme": "moved on\n" });

    const merged = await world.checkOut(first(commit));
    const facts = { mergeCommit: mergedByGit(world, commit), baseHash: world.source(["merge-base", commit, "master"]) };
    expect(merged).toEqual({ headHash: commit, ...facts });
    expect(git(world.tree, "rev-parse", "HEAD")).toBe(facts.mergeCommit);
    expect(entriesOf(world.tree)).toEqual(entriesOf(join(world.root, "clone")));
    expect(git(world.tree, "symbolic-ref", "HEAD")).toBe("refs/heads/master");
    expect(git(world.tree, "status", "--porcelain")).toBe("");
  });

  it("is the head itself after a fast-forward, and the base itself without a change", async () => {
    const world = aTreeWorld();
    const old = world.hello.tip();
    const next = world.hello.propose({ file: "x\n" });
    await world.checkOut(first(next));
    expect(git(world.tree, "rev-parse", "HEAD")).toBe(next);
    const tip = world.hello.commit({ file: "y\n" });
    await world.checkOut(first(old));
    expect(git(world.tree, "rev-parse", "HEAD")).toBe(tip);
  });

  it("succeeds with CRLF in files whose attributes say LF", async () => {
    const world = aTreeWorld();
    world.hello.commit({ "table.csv": "one\r\ntwo\r\n" });
    const attributes = world.source(["hash-object", "-w", "--stdin"], { input: "*.csv text eol=lf\n" });
    world.source(["update-index", "--add", "--cacheinfo", `100644,${attributes},.gitattributes`]);
    world.source(["commit", "-q", "-m", "Attributes"]);
    const base = world.hello.tip();
    const table = world.source(["hash-object", "-w", "--stdin"], { input: "one\r\nTWO\r\n" });
    world.source(["update-index", "--add", "--cacheinfo", `100644,${table},table.csv`]);
    const tree = world.source(["write-tree"]);
    const commit = world.source(["commit-tree", tree, "-p", base, "-m", "Change"]);
    world.source(["update-ref", "refs/pull/1", commit]);
    world.source(["reset", "-q", "--hard"]);
    world.source(["commit", "-q", "--allow-empty", "-m", "Moves on"]);

    const { verdict } = await world.checkOut(first(commit));

    expect(verdict).toBeUndefined();
    expect(readFileSync(join(world.tree, "table.csv"), "utf8")).toBe("one\r\nTWO\r\n");
  });

  it.each([
    ["0 +0000", 0],
    ["86400 +0000", 86_400],
    ["4102444800 +0100", 4_102_444_800],
    ["32503680000 +0000", 32_503_680_000],
    ["-86400 +0000", 0],
    ["99999999999999999999 +0000", 0],
  ])("succeeds with a head of the date %s", async (date, seconds) => {
    const world = aTreeWorld();
    const commit = commitAt(world, date);
    world.hello.commit({ other: "moved on\n" });

    expect((await world.checkOut(first(commit))).verdict).toBeUndefined();
    expect(Number(git(world.tree, "show", "-s", "--format=%ct", "HEAD"))).toBe(seconds);
    expect(readFileSync(join(world.tree, "dated"), "utf8")).toBe(`${date}\n`);
  });

  it("with a conflict names the files, and writes no file", async () => {
    const world = aTreeWorld();
    const commit = world.hello.propose({ "hello.in": "theirs\n", "docs/readme": "theirs\n" });
    world.hello.commit({ "hello.in": "ours\n", "docs/readme": "ours\n" });

    const { verdict } = await world.checkOut(first(commit));

    expect(verdict).toMatchObject({
      result: "Conflict",
      description: "Please resolve merge conflicts",
      conflicts: ["docs/readme", "hello.in"],
    });
    expect(verdict?.findings?.preview[1]).toBe("CONFLICT (content): Merge conflict in hello.in");
    expect(readdirSync(world.tree)).toEqual([".git"]);
  });

  it("names a bounded number of conflicts", async () => {
    const world = aTreeWorld();
    const files = (text: string) => Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`f${index}`, text]));
    const commit = world.hello.propose(files("theirs\n"));
    world.hello.commit(files("ours\n"));
    expect((await world.checkOut(first(commit))).verdict?.conflicts).toHaveLength(50);
  });

  it("without common history is a conflict", async () => {
    const world = aTreeWorld();
    const commit = world.source(["commit-tree", "master^{tree}", "-m", "Alone"]);
    expect((await world.checkOut(first(commit))).verdict).toMatchObject({ result: "Conflict" });
  });

  it("uses the merge drivers of the base, not of an earlier build", async () => {
    const world = aTreeWorld();
    world.hello.commit({ ".gitattributes": "list merge=union\n", list: "a\n", "hello.in": "a\n" });
    const commit = world.hello.propose({ list: "a\ntheirs\n" });
    const other = world.hello.propose({ "hello.in": "theirs\n" });
    world.hello.commit({ list: "a\nours\n", "hello.in": "ours\n" });

    expect((await world.checkOut(first(commit))).verdict).toBeUndefined();
    expect(readFileSync(join(world.tree, "list"), "utf8")).toBe("a\nours\ntheirs\n");
    execFileSync("sh", ["-c", "echo '* merge=union' > .gitattributes"], { cwd: world.tree });
    expect((await world.checkOut(first(other))).verdict).toMatchObject({ result: "Conflict" });
  });

  it.each([
    [
      "a name of 260 bytes",
      ["n".repeat(260)],
      /^git cannot check out this pull request: unable to create file n+…n+: File name too long/,
    ],
    [
      "a path of more than 4096 bytes",
      [Array.from({ length: 22 }, () => "d".repeat(200)).join("/")],
      /File name too long/,
    ],
    ["a file in .git", [".git/hooks/post-checkout"], /invalid path '\.git\/hooks\/post-checkout'/],
  ])("with %s is red, in git's words", async (_, [path = ""], words) => {
    const world = aTreeWorld();
    const id = world.source(["hash-object", "-w", "--stdin"], { input: "x\n" });
    const commit = proposeRaw(world, path.split("/"), id);
    world.hello.commit({ other: "moved on\n" });

    const { verdict } = await world.checkOut(first(commit));

    expect(verdict).toMatchObject({ result: "Failure", description: expect.stringMatching(words) });
    expect(verdict?.description.length).toBeLessThanOrEqual(140);
    expect(verdict?.findings?.preview.join("\n")).toMatch(/error: git cannot check out this pull request/);
    const { verdict: next } = await world.checkOut(first(world.hello.tip()));
    expect(next).toBeUndefined();
  });
});

/** Commits one file more on master, by tree objects: the index of git refuses some paths. */
function proposeRaw({ source }: TreeWorld, names: readonly string[], blob: string): string {
  const [top = "", ...rest] = names;
  let id = blob;
  let entry = `100644 blob ${id}`;
  for (const name of rest.toReversed()) {
    id = source(["mktree"], { input: `${entry}\t${name}\n` });
    entry = `040000 tree ${id}`;
  }
  const tree = source(["mktree"], { input: `${source(["ls-tree", "master"])}\n${entry}\t${top}\n` });
  const commit = source(["commit-tree", tree, "-p", "master", "-m", "Raw"]);
  source(["update-ref", "refs/pull/raw", commit]);
  return commit;
}

describe("the limits of growth", () => {
  it("count files before any is written", async () => {
    const world = aTreeWorld();
    const files = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`many/${index}`, ""]));
    const check = { maxFiles: 20 };
    const fits = world.hello.propose(files(20));
    const big = world.hello.propose(files(21));
    world.hello.commit({ other: "moved on\n" });

    expect((await world.checkOut({ check, ...first(fits) })).verdict).toBeUndefined();
    const { verdict } = await world.checkOut({ check, ...first(big) });

    expect(verdict).toMatchObject({
      result: "TooBig",
      description: "PR too big. Rejecting. It adds 21 files; maxFiles is 20.",
    });
    expect(existsSync(join(world.tree, "many/20"))).toBe(false);
  });

  it("count bytes before any is written", async () => {
    const world = aTreeWorld();
    const commit = world.hello.propose({ big: "x".repeat(3_000_000) });

    const { verdict } = await world.checkOut({ check: { maxGrowth: "2M" }, ...first(commit) });

    const words = "PR too big. Rejecting. It adds 3000000 bytes; maxGrowth is 2M.";
    expect(verdict).toMatchObject({ result: "TooBig", description: words });
    expect(verdict?.findings?.preview.join()).toContain(words);
    expect(readdirSync(world.tree)).toEqual([".git"]);
  });

  it("let a pull request replace files", async () => {
    const world = aTreeWorld();
    world.hello.commit({ old: "x".repeat(3_000_000) });
    const commit = world.hello.propose({ old: null, fresh: "y".repeat(3_000_000) });
    const check = { maxGrowth: "1k", maxFiles: 1 };
    expect((await world.checkOut({ check, ...first(commit) })).verdict).toBeUndefined();
  });

  it("hold a tree that names one tree ten billion times", async () => {
    const world = aTreeWorld();
    let id = world.source(["hash-object", "-w", "--stdin"], { input: "x\n" });
    let kind = "100644 blob";
    for (let level = 0; level < 10; level += 1) {
      const input = Array.from({ length: 10 }, (_, index) => `${kind} ${id}\td${index}\n`).join("");
      id = world.source(["mktree"], { input });
      kind = "040000 tree";
    }
    const base = world.source(["ls-tree", "master"]);
    const tree = world.source(["mktree"], { input: `${base}\n${kind} ${id}\tbomb\n` });
    const commit = world.source(["commit-tree", tree, "-p", "master", "-m", "Bomb"]);
    world.source(["update-ref", "refs/pull/1", commit]);
    world.hello.commit({ other: "moved on\n" });

    const { verdict } = await world.checkOut(first(commit));

    expect(verdict).toMatchObject({ result: "TooBig", description: expect.stringContaining("maxFiles is 10000") });
  });
});

describe("a mirror without some objects", () => {
  it.each(["master:hello.in", "refs/pull/1:hello.in", "refs/pull/1^{tree}"])(
    "is an infrastructure failure that makes the builder clone again: %s",
    async (name) => {
      const world = aTreeWorld();
      const commit = world.hello.propose({ "hello.in": "echo pull\n" });
      world.source(["update-ref", "refs/pull/1", commit]);
      world.hello.commit({ "hello.in": "echo pull\n", other: "moved on\n" });
      const id = world.source(["rev-parse", name]);
      rmSync(join(world.hello.mirror, "objects", id.slice(0, 2), id.slice(2)));

      await expect(world.checkOut(first(commit))).rejects.toMatchObject({
        reason: expect.stringMatching(/^(FetchFailed|CommitNotFound)$/),
      });
    },
  );
});

describe("a check for some paths only", () => {
  it.each([
    ["a file below a path", ["docs/"], { "docs/readme": "x" }, undefined],
    ["a file beside the paths", ["docs/", "src"], { "hello.in": "x" }, "Skipped"],
    ["a pattern", ["*.in"], { "hello.in": "x" }, undefined],
  ])("decides by the changed files: %s", async (_, onlyWhenChanged, files, result) => {
    const world = aTreeWorld();
    const commit = world.hello.propose(files);
    const { verdict } = await world.checkOut({ check: { onlyWhenChanged }, ...first(commit) });
    expect(verdict?.result).toBe(result);
  });

  it("sees a moved submodule whatever .gitmodules says", async () => {
    const world = aTreeWorld();
    const { source, hello } = world;
    const old = hello.tip();
    hello.commit({ ".gitmodules": '[submodule "m"]\n\tpath = DATA/m\n\turl = /nowhere\n\tignore = all\n' });
    source(["update-index", "--add", "--cacheinfo", `160000,${old},DATA/m`]);
    source(["commit", "-q", "-m", "Submodule"]);
    source(["reset", "-q", "--hard"]);
    source(["update-index", "--cacheinfo", `160000,${hello.tip()},DATA/m`]);
    const commit = source(["commit-tree", source(["write-tree"]), "-p", "master", "-m", "Move"]);
    source(["update-ref", "refs/pull/1", commit]);
    source(["reset", "-q", "--hard"]);

    const { verdict } = await world.checkOut({ check: { onlyWhenChanged: ["DATA/"] }, ...first(commit) });

    expect(verdict).toBeUndefined();
  });
});
