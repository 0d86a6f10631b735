import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCell } from "../../support/cell/startCell.ts";
import { aCellWorld, type CellWorld } from "../../support/cell/world.ts";
import { serveGit } from "../../support/github/git/serve.ts";

const other = { "other.sh": 'package: other\nversion: "1"\n---\n' };

/** Runs a pull request of recipes with these files. */
async function runRecipes(world: CellWorld, files: Record<string, string>) {
  const commit = world.alidist.propose(files);
  const check = { repository: "o/alidist", checkout: "alidist" };
  const order = world.order({ check, mirror: world.alidist.mirror, pullRequest: { number: 1, commit } });
  return (await runCell(order)).outcome;
}

/** Runs a pull request of another repository. */
async function runSources(world: CellWorld) {
  const commit = world.hello.propose({ "hello.in": "echo changed\n" });
  return (await runCell(world.order({ pullRequest: { number: 2, commit } }))).outcome;
}

const recipeOf = ({ alidist }: CellWorld) => readFileSync(join(alidist.path, "hellolib.sh"), "utf8");

describe("a request to a git server that fails once", () => {
  /** The recipe hellolib has a source on a server that refuses the first request. */
  async function aWorldWithServer(): Promise<CellWorld> {
    const world = aCellWorld();
    let left = 1;
    const server = createServer((request, response) => {
      left -= 1;
      if (left >= 0) response.writeHead(503).end();
      else serveGit(join(world.root, "served"), "", request, response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    world.addUpstream("hellolib", `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
    mkdirSync(join(world.root, "served/x"), { recursive: true });
    symlinkSync(join(world.root, "upstream/hellolib/.git"), join(world.root, "served/x/hellolib.git"));
    return world;
  }

  it.each([
    ["another recipe", () => other],
    ["the tag of the source", (recipe: string) => ({ "hellolib.sh": recipe.replace("tag: v2", "tag: master") })],
  ])("is no verdict for a change of %s", async (_, filesOf) => {
    const world = await aWorldWithServer();

    const outcome = await runRecipes(world, filesOf(recipeOf(world)));

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "DependencyFetchFailed" });
  });
});

describe("a source that a pull request of aliBuild cannot fetch", () => {
  it("is no verdict at once: several builders must fail in the same way", async () => {
    const world = aCellWorld();
    world.addUpstream("hellolib", "http://127.0.0.1:1/x");
    const check = { repository: "alisw/alibuild", testsTool: true };
    const order = world.order({ check, pullRequest: { number: 1, commit: world.hello.tip() } });
    expect((await runCell(order)).outcome).toMatchObject({ kind: "Infrastructure", reason: "BaseBroken" });
  });
});

describe("a source that cannot be fetched", () => {
  it("is no verdict for a change of other recipes, and red for the pull request that names it", async () => {
    const world = aCellWorld();
    const bad = recipeOf(world).replace("\n---\n", "\ntag: v1\nsource: http://127.0.0.1:1/git/hellolib\n---\n");

    expect(await runRecipes(world, { "hellolib.sh": bad })).toMatchObject({ kind: "Verdict", result: "Failure" });
    world.alidist.commit({ "hellolib.sh": bad });
    expect(await runRecipes(world, other)).toMatchObject({ kind: "Infrastructure", reason: "DependencyFetchFailed" });
  });
});

describe("a tag or commit that the source does not have", () => {
  it("is red for its pull request, and makes every other one wait", async () => {
    const tag = "no-such-tag";
    const world = aCellWorld();
    world.addUpstream("hellolib", `file://${world.root}/upstream`);
    const good = recipeOf(world);
    const bad = good.replace("tag: v2", `tag: ${tag}`);

    expect(await runRecipes(world, { "hellolib.sh": bad })).toMatchObject({ kind: "Verdict", result: "Failure" });
    world.alidist.commit({ "hellolib.sh": bad });
    const broken = { kind: "Infrastructure", reason: "BaseBroken", message: expect.stringContaining(tag) };
    expect(await runRecipes(world, other)).toMatchObject(broken);
    expect(await runRecipes(world, { "hellolib.sh": `${bad}# more\n` })).toMatchObject(broken);
    expect(await runSources(world)).toMatchObject(broken);
    expect((await runCell(world.order())).outcome).toMatchObject({ compiled: false, reason: "BaseBroken" });
    expect(await runRecipes(world, { "hellolib.sh": good })).toMatchObject({ kind: "Verdict", result: "Success" });
  });
});
