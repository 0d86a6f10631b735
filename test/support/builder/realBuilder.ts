import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import type { BuildSpec } from "../../../src/api/objects/build.ts";
import { probeIsolation } from "../../../src/builder/cells/isolation.ts";
import { createProcessCells } from "../../../src/builder/cells/processCells.ts";
import { createMirrors } from "../../../src/builder/git/mirrors.ts";
import type { BuilderWorld } from "../../../src/builder/world.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import type { Repository } from "../cell/repository.ts";
import { cellProgram } from "../cell/startCell.ts";
import { aCellWorld, type CellWorld, helloCheck } from "../cell/world.ts";
import { aBuilder, type BuilderFixture, buildObject } from "./builderWorld.ts";
import { handedOn } from "./handedOn.ts";

const node = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
const log = createLog({ level: "silent" });

/** A builder with real cells, real git and real aliBuild. */
export interface RealBuilder extends CellWorld, Omit<BuilderFixture, "start"> {
  /** Starts the builder. */
  start(changes?: Partial<BuilderWorld>): void;
  /** Serves a repository as GitHub would. `o/hello` and `alisw/alidist` are served from the start. */
  serve(name: string, repository: Repository): void;
  /** Opens a pull request of a served repository. */
  open(number: number, repository: Repository, commit: string, spec?: Partial<BuildSpec>): Promise<void>;
}

export async function aRealBuilder(spec: object = {}): Promise<RealBuilder> {
  const world = aCellWorld();
  const root = mkdtempSync(join(tmpdir(), "builderpool-real-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const remote = join(root, "remote");
  const { start, ...fixture } = await aBuilder({
    package: "hello",
    architecture: helloCheck.architecture,
    developmentPackages: [{ repository: "o/hello" }, { repository: "alisw/alidist" }],
    github: { gitUrl: `file://${remote}` },
    ...spec,
  });
  const environment = handedOn(process.env);
  const isolation = await probeIsolation(environment);
  const { sandbox, store } = fixture;
  mkdirSync(sandbox, { recursive: true });
  symlinkSync(world.order().paths.tools, join(sandbox, "tools")); // All tests share one installation of aliBuild.
  const files = { output: join(sandbox, "output.log"), record: join(sandbox, "cell.json") };
  const cells = createProcessCells({
    ...{ node, program: cellProgram, ...files },
    ...{ isolation, environment, clock: systemClock, log },
  });
  const { signal } = new AbortController();
  const mirrors = createMirrors({ directory: join(root, "mirrors"), clock: systemClock, log, environment, signal });
  const serve: RealBuilder["serve"] = (name, repository) => {
    mkdirSync(join(remote, name, ".."), { recursive: true });
    symlinkSync(repository.path, join(remote, name));
  };
  serve("o/hello", world.hello);
  serve("alisw/alidist", world.alidist);
  return {
    ...world,
    ...fixture,
    start: (changes) => void start({ cells, mirrors, ...changes }),
    serve,
    async open(number, { path }, commit, more = {}) {
      execFileSync("git", ["-C", path, "update-ref", `refs/pull/${number}/head`, commit]);
      await store.create("Build", buildObject(number, { commit, ...more }));
    },
  };
}
