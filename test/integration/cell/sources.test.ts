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
