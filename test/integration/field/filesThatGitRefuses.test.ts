import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { runCell } from "../../support/cell/startCell.ts";
import { aFieldWorld } from "../../support/field/fieldWorld.ts";

/** Runs git in a repository. */
function git(path: string, args: readonly string[], input = ""): string {
  const person = ["-c", "user.name=t", "-c", "user.email=t@t"];
  return execFileSync("git", ["-C", path, ...person, ...args], { input, encoding: "utf8" }).trim();
}

const blob = (path: string, text: string) => git(path, ["hash-object", "-w", "--stdin"], text);

/** A commit on master with more entries of its tree, as the head of a pull request. */
function propose(path: string, number: number, ...entries: readonly string[]): string {
  const tree = git(path, ["mktree"], `${git(path, ["ls-tree", "master"])}\n${entries.join("\n")}\n`);
  const commit = git(path, ["commit-tree", tree, "-p", "master", "-m", "Change"]);
  git(path, ["update-ref", `refs/pull/${number}/head`, commit]);
  return commit;
}

/** A submodule, and a file .gitmodules with this text. */
function submodule(path: string, text: string): readonly string[] {
  return [`100644 blob ${blob(path, text)}\t.gitmodules`, `160000 commit ${"1".repeat(40)}\tmodule`];
}

const markers = '<<<<<<< HEAD\n[submodule "module"]\n=======\n';
const section = '[submodule "module"]\n\tpath = module\n\turl = ../module\n';

describe("files that git cannot use", () => {
  it("are red in git's words for the pull request that adds them", async () => {
    const world = aFieldWorld();
    const { path } = world.hello;
    const pulls = [
      [submodule(path, markers), "bad config line 1 in file .gitmodules"],
      [submodule(path, `${section}\tshallow = maybe\n`), "bad boolean config value 'maybe'"],
      [[`120000 blob ${blob(path, "")}\tlink`], "unable to create symlink link: No such file or directory"],
    ] as const;
    const heads = pulls.map(([entries], index) => propose(path, index + 1, ...entries));
    world.hello.commit({ other: "moved\n" });

    for (const [index, [, words]] of pulls.entries()) {
      const { outcome } = await world.build(index + 1, heads[index] ?? "");
      expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
      expect(outcome?.findings?.preview.join()).toContain(words);
    }
  });

  it("wait if the base has them, and are mended by a pull request", async () => {
    const world = aFieldWorld();
    const { path } = world.hello;
    git(path, ["reset", "-q", "--hard", propose(path, 9, ...submodule(path, markers))]);
    const other = world.hello.propose({ other: "x\n" });
    const mend = world.hello.propose({ ".gitmodules": section });

    for (const number of [1, 2]) git(path, ["update-ref", `refs/pull/${number}/head`, number === 1 ? other : mend]);

    expect((await world.build(1, other)).outcome).toMatchObject({ kind: "Infrastructure", reason: "BaseBroken" });
    expect((await world.build(2, mend)).outcome).toMatchObject({ kind: "Verdict", result: "Success" });
  });

  it("stop no check of recipes", async () => {
    const world = aFieldWorld();
    const { path, mirror } = world.alidist;
    const commit = propose(path, 1, ...submodule(path, markers));
    const check = { repository: "o/alidist", checkout: "alidist" };
    const { outcome } = await runCell(world.order({ check, mirror, pullRequest: { number: 1, commit } }));
    expect(outcome).toMatchObject({ kind: "Verdict", result: "Success" });
  });
});
