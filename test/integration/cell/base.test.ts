import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isRoot } from "../../support/cell/asOwner.ts";
import { gitDaemon } from "../../support/cell/gitDaemon.ts";
import { steps } from "../../support/cell/startCell.ts";
import { twoCells } from "../../support/cell/twoCells.ts";

const good = 'test "$(cat "$HELLOLIB_ROOT/share/lib")" = lib && echo "echo good"\n';

describe("a pull request beside the base", () => {
  it("takes packages of the base for installed, and builds only its own", async () => {
    const { base, propose, sandbox } = await twoCells();
    const made = await base();
    expect(made.outcome, made.errors).toMatchObject({ kind: "Done", compiled: true });

    const { outcome, output } = await propose(1, good);

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    expect(output()).not.toContain("start building hellolib");
    const linked = join(sandbox.parked, "build_hello_o2/1/sw/fedora33_x86-64/hellolib/1-local1");
    expect(lstatSync(linked).isDirectory()).toBe(true);
    const target = join(sandbox.base("build/hello/o2"), "sw/fedora33_x86-64/hellolib/1-local1/share");
    expect(readlinkSync(join(linked, "share"))).toBe(target);
  });

  it("keeps its own build tree warm at the same path", async () => {
    const { base, propose, build, world } = await twoCells();
    await base();
    await propose(1, good);
    const commit = world.hello.propose({ "hello.in": good });
    await build(1, commit);

    const { outcome, output } = await build(1, commit);

    expect(outcome).toMatchObject({ result: "Success" });
    expect(output()).toContain("Development package hello does not need rebuild");
  });

  it("builds a dependency of another hash itself, and the base keeps its own", async () => {
    const { base, build, world, sandbox } = await twoCells();
    await base();
    const recipe = readFileSync(join(world.alidist.path, "hellolib.sh"), "utf8");
    const commit = world.alidist.propose({ "hellolib.sh": recipe.replace("echo lib", "echo changed") });
    const check = { repository: "o/alidist", checkout: "alidist" };

    const { outcome, output } = await build(1, commit, { check, mirror: world.alidist.mirror });

    expect(outcome).toMatchObject({ result: "Success" });
    expect(output()).toContain("start building hellolib");
    const lib = "sw/fedora33_x86-64/hellolib";
    const own = join(sandbox.parked, "build_hello_o2/1", lib);
    expect(readFileSync(join(own, "latest/share/lib"), "utf8")).toBe("changed\n");
    expect(readFileSync(join(sandbox.base("build/hello/o2"), lib, "latest/share/lib"), "utf8")).toBe("lib\n");
  });

  it("links a later revision of the base under its own name, by the hash that the build needs", async () => {
    const { base, propose, world } = await twoCells();
    await base();
    await propose(1, good);
    const recipe = readFileSync(join(world.alidist.path, "hellolib.sh"), "utf8");
    world.alidist.commit({ "hellolib.sh": `${recipe}# changed\n` });
    await base({ dependenciesOnly: true });

    for (const number of [1, 2]) {
      const { outcome, output } = await propose(number, good);
      expect(outcome).toMatchObject({ result: "Success" });
      expect(output()).not.toContain("start building hellolib");
    }
  });

  it("runs no doctor on recipes that doctor accepted on the base", async () => {
    const { base, build, propose, world } = await twoCells();
    await base();
    const same = await propose(1, good);
    const recipes = { check: { repository: "o/alidist", checkout: "alidist" }, mirror: world.alidist.mirror };
    const changed = await build(2, world.alidist.propose({ "new.sh": 'package: new\nversion: "1"\n---\n' }), recipes);
    world.alidist.commit({ "other.sh": 'package: other\nversion: "1"\n---\n' });
    const later = await propose(3, good);
    const tool = await build(4, world.hello.propose({ "hello.in": good }), {
      check: { defaults: "o2", package: "hellolib" },
    });

    const hasDoctor = [same, changed, later, tool].map(({ events }) => steps(events).includes("doctor"));
    expect(hasDoctor).toEqual([false, true, true, true]);
  });

  it("builds without a base too", async () => {
    const { base, propose } = await twoCells();
    await base({ task: "selftest" });
    expect((await propose(1, good)).outcome).toMatchObject({ result: "Success" });
  });
});

describe("a base build of dependencies only", () => {
  it("installs the dependencies for every user, and leaves the checked package out", async () => {
    const { base, propose, world, sandbox } = await twoCells();
    const recipe = readFileSync(join(world.alidist.path, "hellolib.sh"), "utf8");
    world.alidist.commit({ "hellolib.sh": `${recipe}chmod -R go= "$INSTALLROOT"\n` });

    const { outcome } = await base({ dependenciesOnly: true });

    expect(outcome).toMatchObject({ kind: "Done", compiled: true });
    const installed = join(sandbox.base("build/hello/o2"), "sw/fedora33_x86-64");
    expect(readdirSync(installed)).toContain("hellolib");
    expect(existsSync(join(installed, "hello"))).toBe(false);
    expect((await propose(1, good)).outcome).toMatchObject({ result: "Success" });
  });

  it("gives the sources of dependencies to pull requests without another clone", async () => {
    const { base, propose, world, sandbox } = await twoCells();
    const upstreams = join(world.root, "upstream");
    mkdirSync(upstreams);
    const upstream = world.addUpstream("hellolib", await gitDaemon(upstreams));
    const made = await base({ dependenciesOnly: true });
    expect(made.outcome, made.output()).toMatchObject({ compiled: true });
    const mirror = join(sandbox.base("build/hello/o2"), "sw/MIRROR/hellolib");
    expect(existsSync(mirror)).toBe(true);
    writeFileSync(join(mirror, "../fetch-log.txt"), "A source could not be fetched before.\n");

    const { outcome, output } = await propose(1, good);

    expect(outcome).toMatchObject({ result: "Success" });
    expect(output()).not.toContain("clone --bare");
    const own = join(sandbox.parked, "build_hello_o2/1/sw/MIRROR/hellolib");
    expect(readFileSync(join(own, "objects/info/alternates"), "utf8")).toBe(`${mirror}/objects\n`);
    const tip = execFileSync("git", ["-c", "safe.directory=*", "--git-dir", own, "rev-parse", "refs/tags/v2"], {
      encoding: "utf8",
    });
    expect(tip.trim()).toBe(upstream);
  });
});

describe("the cells", () => {
  it("refuse an order for the base cell with a pull request", async () => {
    const { base } = await twoCells();
    const { outcome } = await base({ pullRequest: { number: 1, commit: "a".repeat(40) } });
    expect(outcome).toMatchObject({ kind: "Infrastructure", message: expect.stringContaining("never runs code") });
  });

  it.runIf(isRoot)("names the missing tool in a build cell, which may not install one", async () => {
    const { build, world } = await twoCells();
    const { outcome } = await build(1, world.hello.tip(), { check: { tool: { alibuild: "0.0.1" } } });
    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "ToolInstallFailed" });
    expect(outcome?.kind === "Infrastructure" && outcome.message).toContain("the base cell installs it");
  });
});
