import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aFieldWorld, type FieldWorld } from "../../support/field/fieldWorld.ts";

/** Runs git in the repository hello, with the date of commits. */
function git(
  { hello }: FieldWorld,
  args: readonly string[],
  { input = "", date = "@1700000000 +0000" }: { readonly input?: string | Uint8Array; readonly date?: string } = {},
): string {
  const name = { GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@t", GIT_COMMITTER_NAME: "t", GIT_COMMITTER_EMAIL: "t@t" };
  const env = { ...process.env, ...name, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  return execFileSync("git", ["-C", hello.path, ...args], { input, env, encoding: "utf8" }).trim();
}

/** Commits files onto a commit without the work tree, so no attribute changes them. */
function commit(
  world: FieldWorld,
  parent: string,
  files: Readonly<Record<string, string>>,
  options: { date?: string; ref: string },
) {
  git(world, ["read-tree", parent]);
  for (const [path, text] of Object.entries(files)) {
    const id = git(world, ["hash-object", "-w", "--stdin"], { input: text });
    git(world, ["update-index", "--add", "--cacheinfo", `100644,${id},${path}`]);
  }
  const id = git(world, ["commit-tree", git(world, ["write-tree"]), "-p", parent, "-m", "change"], options);
  git(world, ["update-ref", options.ref, id]);
  return id;
}

describe("a pull request that git merge refused", () => {
  it("is built: CRLF history with LF attributes, and heads from 1970 and after 2100", async () => {
    const world = aFieldWorld();
    const first = commit(world, world.hello.tip(), { "table.csv": "one\r\ntwo\r\n" }, { ref: "refs/heads/master" });
    const attributes = { ".gitattributes": "*.csv text eol=lf\n" };
    const base = commit(world, first, attributes, { ref: "refs/heads/master" });
    const pulls = [
      commit(world, base, { "table.csv": "one\r\nTWO\r\n" }, { ref: "refs/pull/1/head" }),
      commit(world, base, { id: "2" }, { ref: "refs/pull/2/head", date: "@0 +0000" }),
      commit(world, base, { id: "3" }, { ref: "refs/pull/3/head", date: "@4102444800 +0000" }),
      commit(world, base, { id: "4" }, { ref: "refs/pull/4/head" }),
    ];
    commit(world, base, { other: "moved" }, { ref: "refs/heads/master" });
    git(world, ["reset", "-q", "--hard"]);

    for (const [index, head] of pulls.entries()) {
      const { outcome } = await world.build(index + 1, head);
      expect(outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    }
  });

  it("is built with authors, dates and names of files that few repositories have", async () => {
    const world = aFieldWorld();
    const base = world.hello.tip();
    const tree = (names: readonly (string | Uint8Array)[]) => {
      git(world, ["read-tree", base]);
      const id = git(world, ["hash-object", "-w", "--stdin"], { input: "x" });
      const line = (name: string | Uint8Array) =>
        Buffer.concat([Buffer.from(`100644 ${id}\t`), Buffer.from(name as string), Buffer.of(0)]);
      git(world, ["update-index", "-z", "--index-info"], { input: Buffer.concat(names.map(line)) });
      return git(world, ["write-tree"]);
    };
    const invalid = Buffer.from([0x61, 0xff, 0xe9]);
    const names = [
      "a\nb",
      invalid,
      "n".repeat(255),
      "Case",
      "case",
      "\u00e9",
      "e\u0301",
      'a"b\\c\t',
      "-dash",
      " ",
      "c:",
      "$(x)",
    ];
    const heads: readonly (readonly [string, string])[] = [
      [tree(names), "t <t@t> 1700000000 -1130"],
      [tree(["1"]), " <> 99999999999999999999999 +0000"],
      [tree(["2"]), "t <t@t> -5 +051800"],
    ];
    git(world, ["reset", "-q", "--hard"]);
    world.hello.commit({ other: "moved" });

    for (const [index, [id, author]] of heads.entries()) {
      const input = `tree ${id}\nparent ${base}\nauthor ${author}\ncommitter ${author}\n\nx\n`;
      const head = git(world, ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], { input });
      git(world, ["update-ref", `refs/pull/${index + 1}/head`, head]);
      expect((await world.build(index + 1, head)).outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    }
  });

  it("is red in git's words if no file system can hold it, and the next one is built", async () => {
    const world = aFieldWorld();
    const ref = "refs/pull/1/head";
    const long = commit(world, world.hello.tip(), { ["n".repeat(260)]: "x" }, { ref });
    const deep = commit(world, world.hello.tip(), { [join(...Array(22).fill("d".repeat(200)))]: "x" }, { ref });
    const fine = commit(world, world.hello.tip(), { fine: "x" }, { ref });
    commit(world, world.hello.tip(), { other: "moved" }, { ref: "refs/heads/master" });
    git(world, ["config", "uploadpack.allowAnySHA1InWant", "true"]);

    for (const head of [long, deep]) {
      const { outcome } = await world.build(1, head);
      expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
      expect(outcome?.findings?.preview.join()).toMatch(/git cannot check out this pull request: .*File name too long/);
    }
    expect((await world.build(1, fine)).outcome).toMatchObject({ result: "Success" });
  });
});
