import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attacks, git } from "../../support/cell/attacks.ts";
import { aTreeWorld, entriesOf } from "../../support/cell/treeWorld.ts";

const script = "#!/bin/sh\necho run\n";

/** A world with a commit of many kinds of files, and its fresh checkout for comparison. */
async function aWorldWithFiles() {
  const world = aTreeWorld();
  const { hello, source } = world;
  symlinkSync("readme", join(hello.path, "docs/link"));
  writeFileSync(join(hello.path, "run.sh"), script, { mode: 0o755 });
  const inner = hello.commit({ "src/deep/er/file": "deep\n", "src/a": "a\n", "line\nbreak": "n\n", empty: "" });
  source(["update-index", "--add", "--cacheinfo", `160000,${inner},module`]);
  const name = Buffer.concat([Buffer.from("caf"), Buffer.of(0xe9), Buffer.from(".txt\0")]);
  const id = source(["hash-object", "-w", "--stdin"], { input: "latin\n" });
  source(["update-index", "-z", "--index-info"], { input: Buffer.concat([Buffer.from(`100644 ${id}\t`), name]) });
  source(["commit", "-q", "-m", "Names"]);
  source(["reset", "-q", "--hard"]);
  await world.checkOut();
  return { ...world, fresh: entriesOf(world.tree) };
}

describe("a checkout after foreign code", () => {
  it.each(Object.keys(attacks))("has exactly the files of the commit after %s", async (name) => {
    const world = await aWorldWithFiles();
    attacks[name]?.(world);

    await world.checkOut();

    expect(entriesOf(world.tree)).toEqual(world.fresh);
    expect(git(world.tree, "status", "--porcelain")).toBe("");
    expect(git(world.tree, "rev-parse", "HEAD").trim()).toBe(world.hello.tip());
    const outside = join(world.root, "outside/precious");
    if (name.includes("link out of")) expect(readFileSync(outside, "utf8")).toBe("precious");
  });

  it("keeps the times of equal files, also of files whose line ends git changes", async () => {
    const { hello, tree, checkOut } = aTreeWorld();
    hello.commit({
      ".gitattributes": "*.bat text eol=crlf\n",
      "run.bat": "one\ntwo\n",
      "big/file": "x".repeat(100_000),
    });
    const commit = hello.propose({ "hello.in": "echo other\n" });
    await checkOut();
    expect(readFileSync(join(tree, "run.bat"), "utf8")).toBe("one\r\ntwo\r\n");
    const files = ["run.bat", "big/file", "docs/readme", "hello.in"];
    for (const name of files) utimesSync(join(tree, name), 1_000_000, 1_000_000);

    await checkOut({ pullRequest: { number: 1, commit } });

    const times = Object.fromEntries(files.map((name) => [name, statSync(join(tree, name)).mtimeMs === 1_000_000_000]));
    expect(times).toEqual({ "run.bat": true, "big/file": true, "docs/readme": true, "hello.in": false });
  });

  it("reverts line ends that git would count as equal", async () => {
    const { hello, tree, checkOut } = aTreeWorld();
    hello.commit({ ".gitattributes": "* text=auto\n", "run.sh": "echo one\n" });
    await checkOut();
    writeFileSync(join(tree, "run.sh"), "echo one\r\n");
    await checkOut();
    expect(readFileSync(join(tree, "run.sh"), "utf8")).toBe("echo one\n");
  });

  it.each([
    ["line ends", "* text eol=crlf\n"],
    ["another encoding", "*.txt working-tree-encoding=UTF-16\n"],
    ["an unknown encoding", "*.txt working-tree-encoding=nonsense\n"],
    ["a filter that nobody has", "* filter=absent\n"],
    ["a filter of Git LFS", "*.txt filter=lfs diff=lfs merge=lfs -text\n"],
    ["keywords", "* ident\n"],
  ])("takes %s of a pull request only for this pull request", async (_, attributes) => {
    const { hello, tree, checkOut, source, root } = aTreeWorld();
    hello.commit({ "data.txt": "one\n$Id$\n" });
    await checkOut();
    const base = entriesOf(tree);
    // Git does not add a file that it cannot decode, so the attributes come later.
    const parent = hello.propose({ "data.txt": "two\n$Id$\n" });
    const env = { GIT_INDEX_FILE: join(root, "attributes.index") };
    const blob = source(["hash-object", "-w", "--stdin"], { input: attributes });
    source(["read-tree", parent], { env });
    source(["update-index", "--add", "--cacheinfo", `100644,${blob},.gitattributes`], { env });
    const commit = source(["commit-tree", source(["write-tree"], { env }), "-p", parent, "-m", "Attributes"]);

    const merged = await checkOut({ pullRequest: { number: 1, commit } }).catch((error: unknown) => error);

    if (merged instanceof Error) expect(merged.message).toMatch(/data\.txt/);
    else expect(git(tree, "status", "--porcelain")).toBe("");
    await checkOut();
    expect(entriesOf(tree)).toEqual(base);
  });

  it("removes what a build left beside the sources, whatever marks the work area", async () => {
    const { area, checkOut } = aTreeWorld();
    await checkOut();
    mkdirSync(join(area, "hellolib"));
    writeFileSync(join(area, ".builderpool-area"), "");
    await checkOut();
    expect(existsSync(join(area, "hellolib"))).toBe(false);
  });

  it("has exactly the files of the commit after any random damage", async () => {
    const world = await aWorldWithFiles();
    const paths = [
      ...Object.keys(world.fresh),
      "new",
      "src/new/er",
      ".git/index",
      ".git/config",
      ".git/HEAD",
      ".git",
    ].map((path) => Buffer.from(path.replace(/\/$/, ""), "latin1").toString("hex"));
    const actions = ["remove", "write", "append", "directory", "link", "mode", "closed", "rename"];
    const damage = fc.array(
      fc.tuple(fc.constantFrom(...actions), fc.constantFrom(...paths), fc.constantFrom(...paths)),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (steps) => {
        execFileSync("python3", ["-c", damager, world.tree], { input: JSON.stringify(steps) });
        await world.checkOut();
        expect(entriesOf(world.tree)).toEqual(world.fresh);
      }),
      { numRuns: 25, seed: 9 },
    );
  });
});

const damager = `
import json, os, shutil, sys
os.chdir(sys.argv[1])
for action, path, other in json.load(sys.stdin):
    path, other = bytes.fromhex(path), bytes.fromhex(other)
    try:
        if action == "remove" or action == "directory" or action == "link":
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
        if os.path.islink(path): continue  # A write or chmod would reach the target of the link.
        if action == "directory": os.makedirs(path + b"/inner")
        if action == "link": os.symlink(b"/etc", path)
        if action == "write": open(path, "wb").write(b"XX")
        if action == "append": open(path, "ab").write(b"X")
        if action == "mode": os.chmod(path, 0o4711)
        if action == "closed": os.chmod(path, 0)
        if action == "rename": os.rename(path, other)
    except OSError:
        pass
`;
