import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { probeIsolation } from "../../../src/builder/cells/isolation.ts";
import { createProcessCells } from "../../../src/builder/cells/processCells.ts";
import { createMirrors } from "../../../src/builder/git/mirrors.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { aBuilder, buildObject } from "../../support/builder/builderWorld.ts";
import { handedOn } from "../../support/builder/handedOn.ts";
import { cellProgram } from "../../support/cell/startCell.ts";
import { aCellWorld, helloCheck } from "../../support/cell/world.ts";

const node = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
const log = createLog({ level: "silent" });

describe("a builder with a real cell", () => {
  it("warms up, builds a pull request with git and aliBuild, and stores its logs", async () => {
    const { hello, alidist, order } = aCellWorld();
    const root = mkdtempSync(join(tmpdir(), "builderpool-real-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const remote = join(root, "remote");
    mkdirSync(join(remote, "o"), { recursive: true });
    mkdirSync(join(remote, "alisw"), { recursive: true });
    const commit = hello.propose({ "hello.in": 'echo "echo changed"\n' });
    execFileSync("git", ["-C", hello.path, "update-ref", "refs/pull/1/head", commit]);
    execFileSync("git", ["clone", "-q", "--mirror", hello.path, join(remote, "o/hello")]);
    execFileSync("git", ["clone", "-q", "--mirror", alidist.path, join(remote, "alisw/alidist")]);

    const spec = {
      package: "hello",
      architecture: helloCheck.architecture,
      developmentPackages: [{ repository: "o/hello" }, { repository: "alisw/alidist" }],
      warmup: { builds: "All" },
      github: { gitUrl: `file://${remote}` },
    };
    const fixture = await aBuilder(spec);
    const environment = handedOn(process.env);
    const isolation = await probeIsolation(environment);
    const { sandbox, store, start, until } = fixture;
    mkdirSync(sandbox, { recursive: true });
    symlinkSync(order().paths.tools, join(sandbox, "tools")); // All tests share one installation of aliBuild.
    const cells = createProcessCells({
      node,
      program: cellProgram,
      output: join(sandbox, "output.log"),
      record: join(sandbox, "cell.json"),
      isolation,
      environment,
      clock: systemClock,
      log,
    });
    const directory = join(root, "mirrors");
    const mirrors = createMirrors({
      directory,
      clock: systemClock,
      log,
      environment,
      signal: new AbortController().signal,
    });
    await store.create("Build", buildObject(1, { commit }));
    start({ cells, mirrors });

    const verdict = await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.verdict, 180_000);
    const builder = await store.get("Builder", "o2-0");
    expect(builder?.status?.message).toBeUndefined();
    expect(verdict).toMatchObject({ commit, result: "Success", log: { stored: true } });
    const text = readFileSync(join(sandbox, "../logs", `o/hello/1/${commit}/build_hello/fullLog.txt`), "utf8");
    expect(text).toContain("## Begin ");
    expect(builder?.status?.versions).toMatchObject({ git: expect.any(String) });
  });
});
