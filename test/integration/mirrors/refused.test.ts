import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { RefusedCommit } from "../../../src/builder/git/failure.ts";
import { aMirrorWorld, has } from "../../support/builder/mirrorWorld.ts";

const person = "t <t@t> 1700000000 +0000";

/** Writes objects that no porcelain of git writes. */
class Forge {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }

  write(type: string, content: string | Buffer): string {
    const args = ["-C", this.path, "hash-object", "-t", type, "-w", "--stdin", "--literally"];
    return execFileSync("git", args, { input: content, encoding: "utf8" }).trim();
  }

  /** A tree of entries with mode, name and content. A submodule has a commit as its content. */
  tree(...entries: readonly (readonly [mode: string, name: string, content?: string])[]): string {
    const parts = entries.flatMap(([mode, name, content = "content\n"]) => {
      const id = mode === "160000" ? content : this.write("blob", content);
      return [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")];
    });
    return this.write("tree", Buffer.concat(parts));
  }

  commit(fault: { tree?: string; author?: string; lines?: readonly string[]; message?: string } = {}): string {
    const { tree = this.tree(["100644", "file"]), author = person, message = "Old" } = fault;
    const { lines = [`author ${author}`] } = fault;
    return this.write("commit", [`tree ${tree}`, ...lines, `committer ${person}`, "", `${message}\n`].join("\n"));
  }

  /** A tag of a commit. */
  tag({ name = "v1", lines = [`tagger ${person}`] }): string {
    const head = [`object ${this.commit()}`, "type commit", `tag ${name}`];
    return this.write("tag", [...head, ...lines, "", "Old\n"].join("\n"));
  }
}

/** Git's names of faults that only old or careless programs wrote, each with an object that has the fault. */
const harmless: Readonly<Record<string, (forge: Forge) => string>> = {
  zeroPaddedFilemode: (forge) => forge.commit({ tree: forge.tree(["0100644", "file"]) }),
  badFilemode: (forge) => forge.commit({ tree: forge.tree(["100666", "file"]) }),
  fullPathname: (forge) => forge.commit({ tree: forge.tree(["100644", "a/b"]) }),
  nullSha1: (forge) => forge.commit({ tree: forge.tree(["160000", "module", "0".repeat(40)]) }),
  zeroPaddedDate: (forge) => forge.commit({ author: "t <t@t> 0700000000 +0000" }),
  badDate: (forge) => forge.commit({ author: "t <t@t> yesterday +0000" }),
  badDateOverflow: (forge) => forge.commit({ author: "t <t@t> 99999999999999999999 +0000" }),
  badTimezone: (forge) => forge.commit({ author: "t <t@t> 1700000000 +051800" }),
  missingSpaceBeforeDate: (forge) => forge.commit({ author: "t <t@t>1700000000 +0000" }),
  missingSpaceBeforeEmail: (forge) => forge.commit({ author: "t<t@t> 1700000000 +0000" }),
  badEmail: (forge) => forge.commit({ author: "t <t@t 1700000000 +0000" }),
  missingEmail: (forge) => forge.commit({ author: "t 1700000000 +0000" }),
  missingNameBeforeEmail: (forge) => forge.commit({ author: "<t@t> 1700000000 +0000" }),
  badName: (forge) => forge.commit({ author: "t> <t@t> 1700000000 +0000" }),
  multipleAuthors: (forge) => forge.commit({ lines: [`author ${person}`, `author ${person}`] }),
  nulInCommit: (forge) => forge.commit({ message: "Old\0text" }),
  gitmodulesParse: (forge) => forge.commit({ tree: forge.tree(["100644", ".gitmodules", "[submodule\n"]) }),
  gitattributesLineLength: (forge) =>
    forge.commit({ tree: forge.tree(["100644", ".gitattributes", `${"x".repeat(2049)} text\n`]) }),
  gitattributesLarge: (forge) =>
    forge.commit({ tree: forge.tree(["100644", ".gitattributes", "x text\n".repeat(16 * 2 ** 20)]) }),
  missingTaggerEntry: (forge) => forge.tag({ lines: [] }),
  badTagName: (forge) => forge.tag({ name: "one two" }),
  extraHeaderEntry: (forge) => forge.tag({ lines: [`tagger ${person}`, "more text"] }),
};

const submodule = (name: string, ...lines: readonly string[]) =>
  `[submodule "${name}"]\n${lines.map((line) => `\t${line}\n`).join("")}`;

/** Faults that can do harm in a checkout, or that no program writes by accident. */
const harmful: Readonly<Record<string, (forge: Forge) => string>> = {
  hasDot: (forge) => forge.commit({ tree: forge.tree(["100644", "."]) }),
  hasDotdot: (forge) => forge.commit({ tree: forge.tree(["100644", ".."]) }),
  hasDotgit: (forge) => forge.commit({ tree: forge.tree(["100644", ".GIT"]) }),
  duplicateEntries: (forge) => forge.commit({ tree: forge.tree(["100644", "file"], ["120000", "file"]) }),
  treeNotSorted: (forge) => forge.commit({ tree: forge.tree(["100644", "b"], ["100644", "a"]) }),
  missingAuthor: (forge) => forge.commit({ lines: [] }),
  gitmodulesSymlink: (forge) => forge.commit({ tree: forge.tree(["120000", ".gitmodules", "/etc/passwd"]) }),
  ...Object.fromEntries(
    Object.entries({
      gitmodulesName: submodule("../../x", "path = x", "url = https://example.org/x"),
      gitmodulesPath: submodule("x", "path = -x", "url = https://example.org/x"),
      gitmodulesUrl: submodule("x", "path = x", "url = -u./x"),
      gitmodulesUpdate: submodule("x", "path = x", "url = https://example.org/x", "update = !true"),
    }).map(([fault, text]) => [
      fault,
      (forge: Forge) => forge.commit({ tree: forge.tree(["100644", ".gitmodules", text]) }),
    ]),
  ),
};

/** Git's words about all objects of a repository, with this fault as an error. */
function wordsOf(path: string, fault: string): string {
  const args = ["-C", path, "-c", `fsck.${fault}=error`, "fsck", "--no-dangling"];
  return spawnSync("git", args, { encoding: "utf8" }).stderr;
}

describe("a malformed object", () => {
  it.each(Object.entries(harmless))(
    "with the fault %s is fetched, from a branch and from a pull request",
    async (fault, make) => {
      const { hello, git, fetch, mirror } = aMirrorWorld();
      const id = make(new Forge(hello.path));
      const commit = git("rev-parse", `${id}^{commit}`);
      git("update-ref", "refs/pull/1/head", commit);
      git("update-ref", "refs/heads/old", commit);
      git("update-ref", "refs/tags/old", id);
      expect(wordsOf(hello.path, fault)).toContain(`: ${fault}: `);
      await fetch({ pull: { number: 1, commit } });
      expect((await fetch({ branch: "old" })).commit).toBe(commit);
      expect(has(mirror, id)).toBe(true);
    },
  );

  it.each(Object.entries(harmful))("with the fault %s is refused", async (fault, make) => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    const commit = make(new Forge(hello.path));
    git("update-ref", "refs/pull/1/head", commit);
    expect(wordsOf(hello.path, fault)).toContain(`: ${fault}: `);
    const ended = await fetch({ pull: { number: 1, commit } }).catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(RefusedCommit);
    expect(String(ended)).toContain(`Git refuses an object of the pull request: ${fault}: `);
    expect(has(mirror, commit)).toBe(false);
  });
});

describe("a pull request with objects that git refuses", () => {
  it("is refused with git's words, and the base branch and other pull requests are fetched", async () => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    const forge = new Forge(hello.path);
    const bad = forge.commit({ tree: forge.tree(["100644", ".git"]) });
    git("update-ref", "refs/pull/1/head", bad);
    const good = hello.propose({ file: "good\n" });
    git("update-ref", "refs/pull/2/head", good);
    const ended = await fetch({ pull: { number: 1, commit: bad } }).catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(RefusedCommit);
    expect(String(ended)).toContain("Git refuses an object of the pull request: hasDotgit: contains '.git'");
    expect(has(mirror, bad)).toBe(false);
    const next = hello.commit({ file: "two\n" });
    expect((await fetch({ pull: { number: 2, commit: good } })).commit).toBe(next);
    expect(has(mirror, good)).toBe(true);
  });

  it("is built at its earlier commit while only a later push is malformed", async () => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    const forge = new Forge(hello.path);
    const good = hello.propose({ file: "good\n" });
    git("update-ref", "refs/pull/1/head", good);
    await fetch({ pull: { number: 1, commit: good } });
    git("update-ref", "refs/pull/1/head", forge.commit({ tree: forge.tree(["100644", ".."]) }));
    await fetch({ pull: { number: 1, commit: good } });
    expect(has(mirror, good)).toBe(true);
  });
});
