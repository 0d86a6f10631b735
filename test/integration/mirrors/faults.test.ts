import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aMirrorWorld, has } from "../../support/builder/mirrorWorld.ts";
import { fakeClock } from "../../support/fakeClock.ts";
import { keptLog } from "../../support/keptLog.ts";

const read = (mirror: string, ...args: readonly string[]) =>
  execFileSync("git", ["-C", mirror, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

type World = ReturnType<typeof aMirrorWorld>;

/** Moves a ref of the remote to another name. */
function rename({ git }: World, from: string, to: string): void {
  const commit = git("rev-parse", from);
  git("checkout", "-q", "--detach");
  git("update-ref", "-d", from);
  git("update-ref", to, commit);
}

/** Deletes one object of a mirror: unpacks everything first. */
function loseObject(mirror: string, name: string): void {
  const id = read(mirror, "rev-parse", name);
  for (const pack of readdirSync(join(mirror, "objects/pack")).filter((file) => file.endsWith(".pack"))) {
    const content = readFileSync(join(mirror, "objects/pack", pack));
    for (const end of [".pack", ".idx", ".rev"])
      rmSync(join(mirror, "objects/pack", pack.replace(/\.pack$/, end)), { force: true });
    execFileSync("git", ["-C", mirror, "unpack-objects", "-q"], { input: content });
  }
  rmSync(join(mirror, "objects", id.slice(0, 2), id.slice(2)));
}

describe("a name on the remote that becomes a folder of names", () => {
  it.each([
    ["master", "master/2026"],
    ["release/1", "release"],
    ["Dev", "dev/x"],
    ["a", "a/b/c"],
    ["a/b/c", "a"],
  ])("is fetched again: branch %s becomes %s", async (from, to) => {
    const world = aMirrorWorld();
    if (from !== "master") rename(world, "refs/heads/master", `refs/heads/${from}`);
    await world.fetch({ branch: from });
    rename(world, `refs/heads/${from}`, `refs/heads/${to}`);
    const { commit } = await world.fetch({ branch: to });
    expect(commit).toBe(world.git("rev-parse", `refs/heads/${to}`));
    await expect(world.fetch({ branch: from })).rejects.toMatchObject({ reason: "FetchFailed" });
  });

  it.each([
    ["v1", "v1/2"],
    ["v1/2", "v1"],
  ])("is fetched again: tag %s becomes %s", async (from, to) => {
    const world = aMirrorWorld();
    world.git("tag", from);
    await world.fetch();
    world.git("tag", "-d", from);
    world.git("tag", to);
    await world.fetch();
    expect(read(world.mirror, "tag")).toBe(to);
  });

  it("is fetched again in a mirror that kept the names of the remote", async () => {
    const world = aMirrorWorld();
    const { commit } = await world.fetch();
    for (const ref of ["refs/heads/x", "refs/pull/7"]) read(world.mirror, "update-ref", ref, commit);
    world.git("update-ref", "refs/heads/x/y", commit);
    world.git("update-ref", "refs/pull/7/head", commit);
    expect((await world.fetch({ branch: "x/y", pull: { number: 7, commit } })).commit).toBe(commit);
  });
});

describe("the tags of a mirror", () => {
  it("follow the remote: annotated, lightweight, moved and deleted tags", async () => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    git("tag", "light");
    git("-c", "user.name=t", "-c", "user.email=t@t", "tag", "-a", "v1.1", "-m", "Version 1.1");
    hello.commit({ file: "two\n" });
    git("tag", "moves");
    await fetch();
    expect(read(mirror, "describe", "refs/tags/moves")).toBe("v1.1-1-g".concat(hello.tip().slice(0, 7)));
    expect(read(mirror, "for-each-ref", "--format=%(objecttype) %(refname:short)", "refs/tags").split("\n")).toEqual([
      "commit light",
      "commit moves",
      "tag v1.1",
    ]);
    const next = hello.commit({ file: "three\n" });
    git("tag", "-f", "moves");
    git("tag", "-d", "light");
    await fetch();
    expect(read(mirror, "tag").split("\n")).toEqual(["moves", "v1.1"]);
    expect(read(mirror, "rev-parse", "moves")).toBe(next);
  });
});

describe("a broken mirror", () => {
  const damages: Readonly<Record<string, (mirror: string) => void>> = {
    "a missing file": (mirror) => loseObject(mirror, "refs/builderpool/default:file"),
    "a missing directory": (mirror) => loseObject(mirror, "refs/builderpool/default^{tree}"),
    "a missing commit of the past": (mirror) => loseObject(mirror, "refs/builderpool/default~1"),
    "a missing tip": (mirror) => loseObject(mirror, "refs/builderpool/default"),
    "a corrupt pack": (mirror) => {
      for (const name of readdirSync(join(mirror, "objects/pack")).filter((file) => file.endsWith(".pack"))) {
        chmodSync(join(mirror, "objects/pack", name), 0o644);
        writeFileSync(join(mirror, "objects/pack", name), "garbage");
      }
    },
    "a corrupt index of a pack": (mirror) => {
      for (const name of readdirSync(join(mirror, "objects/pack")).filter((file) => file.endsWith(".idx"))) {
        chmodSync(join(mirror, "objects/pack", name), 0o644);
        writeFileSync(join(mirror, "objects/pack", name), "");
      }
    },
    "no objects at all": (mirror) => rmSync(join(mirror, "objects"), { recursive: true }),
    "a short history": (mirror) =>
      writeFileSync(join(mirror, "shallow"), `${read(mirror, "rev-parse", "refs/builderpool/default")}\n`),
    "a graft": (mirror) => {
      mkdirSync(join(mirror, "info"), { recursive: true });
      writeFileSync(join(mirror, "info/grafts"), `${read(mirror, "rev-parse", "refs/builderpool/default")}\n`);
    },
    "a garbage ref": (mirror) => {
      rmSync(join(mirror, "packed-refs"), { force: true });
      writeFileSync(join(mirror, "refs/builderpool/default"), "garbage\n");
    },
    "a directory in place of a ref": (mirror) => {
      rmSync(join(mirror, "refs/builderpool/default"));
      mkdirSync(join(mirror, "refs/builderpool/default/x"), { recursive: true });
      writeFileSync(join(mirror, "refs/builderpool/default/x/y"), "garbage\n");
    },
    "a config that git cannot read": (mirror) => writeFileSync(join(mirror, "config"), "[core\n"),
    "a lock of the packed refs": (mirror) => writeFileSync(join(mirror, "packed-refs.lock"), ""),
    "a lock of its ref": (mirror) => writeFileSync(join(mirror, "refs/builderpool/default.lock"), ""),
    "a file in place of the mirror": (mirror) => {
      rmSync(mirror, { recursive: true });
      writeFileSync(mirror, "");
    },
  };

  /** A fetch brings these objects again, or needs none of these files. */
  const healedByGit = ["a missing tip", "a corrupt pack", "a corrupt index of a pack"];

  it.each(Object.keys(damages))("is made anew, with a line in the log, after %s", async (name) => {
    const log = keptLog();
    const { lines } = log;
    const { hello, git, fetch, restart, mirror } = aMirrorWorld({ log });
    hello.commit({ file: "two\n" });
    git("tag", "old");
    await fetch({ branch: undefined });
    restart();
    damages[name]?.(mirror);
    git("tag", "-d", "old");
    hello.commit({ other: "three\n" });

    expect((await fetch({ branch: undefined })).commit).toBe(hello.tip());

    expect(read(mirror, "rev-list", "--objects", hello.tip())).toContain("other");
    expect(read(mirror, "rev-list", "--count", hello.tip())).toBe("3");
    if (!healedByGit.includes(name)) expect(JSON.stringify(lines)).toContain("the mirror is damaged");
  });

  it.each(["default:file", "default^{tree}"])("is made anew at once if the present commit misses %s", async (name) => {
    const { hello, fetch, mirror } = aMirrorWorld();
    await fetch({ branch: undefined });
    loseObject(mirror, `refs/builderpool/${name}`);
    expect((await fetch({ branch: undefined })).commit).toBe(hello.tip());
    expect(read(mirror, "cat-file", "-p", `${hello.tip()}:file`)).toBe("one");
  });

  it("is made anew once after a cell could not read its objects", async () => {
    const log = keptLog();
    const { lines } = log;
    const { hello, fetch, distrust } = aMirrorWorld({ log });
    await fetch();
    distrust();
    for (const _ of [1, 2]) expect((await fetch()).commit).toBe(hello.tip());
    distrust();
    await fetch();
    expect(lines.length).toBe(1);
  });

  it("is not cloned again while the remote is away", async () => {
    const log = keptLog();
    const { lines } = log;
    const { root, fetch } = aMirrorWorld({ log });
    await fetch();
    await expect(fetch({ gitUrl: "http://127.0.0.1:1" })).rejects.toMatchObject({ reason: "FetchFailed" });
    await expect(fetch({ gitUrl: `file://${root}/nothing` })).rejects.toMatchObject({ reason: "FetchFailed" });
    expect(lines).toEqual([]);
  });
});

describe("objects from the remote", () => {
  const commitLiterally = ({ hello, git }: World, header: string) => {
    const tree = git("rev-parse", "master^{tree}");
    const text = `tree ${tree}\nparent ${hello.tip()}\n${header}\n\nOld\n`;
    const id = execFileSync("git", ["-C", hello.path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin"], {
      input: text,
      encoding: "utf8",
    }).trim();
    git("update-ref", "refs/heads/master", id);
    return id;
  };

  it.each([
    "author t <t@t> 1 +051800\ncommitter t <t@t> 1 +0000",
    "author t <t@t>1 +0000\ncommitter t <t@t> 1 +0000",
    "author t <t@t> 99999999999999999999 +0000\ncommitter t <t@t> 1 +0000",
    "author t <t@t> 01 +0000\ncommitter t <t@t> 1 +0000",
    "author t 1 +0000\ncommitter t <t@t> 1 +0000",
  ])("with an old harmless fault are fetched: %s", async (header) => {
    const world = aMirrorWorld();
    const commit = commitLiterally(world, header);
    expect((await world.fetch()).commit).toBe(commit);
  });

  it("with a zero-padded mode are fetched", async () => {
    const world = aMirrorWorld();
    const { hello, git } = world;
    const write = (type: string, input: Buffer | string) =>
      execFileSync("git", ["-C", hello.path, "hash-object", "-t", type, "-w", "--literally", "--stdin"], {
        input,
        encoding: "utf8",
      }).trim();
    const blob = write("blob", "x");
    const inner = write("tree", Buffer.concat([Buffer.from("100644 f\0"), Buffer.from(blob, "hex")]));
    const tree = write("tree", Buffer.concat([Buffer.from("040000 d\0"), Buffer.from(inner, "hex")]));
    const commit = write("commit", `tree ${tree}\nauthor t <t@t> 1 +0000\ncommitter t <t@t> 1 +0000\n\nPadded\n`);
    git("update-ref", "refs/heads/master", commit);
    expect((await world.fetch()).commit).toBe(commit);
  });

  it("with a path in .git are refused, in git's words", async () => {
    const world = aMirrorWorld();
    const { hello, git } = world;
    const blob = git("rev-parse", "master:file");
    const tree = execFileSync("git", ["-C", hello.path, "mktree"], {
      input: `100644 blob ${blob}\t.git\n`,
      encoding: "utf8",
    });
    git("update-ref", "refs/heads/master", git("commit-tree", tree.trim(), "-p", "master", "-m", "Bad"));
    await expect(world.fetch()).rejects.toMatchObject({
      reason: "FetchFailed",
      message: expect.stringMatching(/o\/hello could not be fetched from .*: /),
    });
  });
});

describe("a mirror over weeks", () => {
  it("drops pull requests without a build for three days, and their objects", async () => {
    const clock = fakeClock({ start: Date.now() });
    const { hello, git, fetch, mirror } = aMirrorWorld({ clock });
    const pulls = [1, 2].map((number) => {
      const commit = hello.propose({ file: `pull ${number}\n` });
      git("update-ref", `refs/pull/${number}/head`, commit);
      return { number, commit };
    });
    const [closed, open] = pulls;
    for (const pull of pulls) await fetch({ pull });
    expect(has(mirror, closed?.commit ?? "")).toBe(true);
    await clock.advance(4 * 86_400_000);
    for (let round = 0; round < 50; round += 1) await fetch({ pull: open });
    await fetch();
    expect(read(mirror, "for-each-ref", "--format=%(refname)", "refs/builderpool/pull-*")).toBe(
      "refs/builderpool/pull-2",
    );
    expect(has(mirror, open?.commit ?? "")).toBe(true);
    expect(has(mirror, closed?.commit ?? "")).toBe(false);
    expect(existsSync(mirror)).toBe(true);
  });
});
