import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aRealBuilder } from "../../support/builder/realBuilder.ts";
import { createRepository } from "../../support/cell/repository.ts";
import { runCell } from "../../support/cell/startCell.ts";
import { helloCheck, tools } from "../../support/cell/world.ts";

describe("a builder with a real cell", () => {
  it("warms up, builds a pull request with git and aliBuild, and stores its logs", async () => {
    const { hello, sandbox, self, start, open, until, build } = await aRealBuilder({ warmup: { builds: "All" } });
    const commit = hello.propose({ "hello.in": 'echo "echo changed"\n' });
    await open(1, hello, commit);
    start();

    const verdict = await until(async () => (await build(1))?.verdict, 180_000);
    const builder = await self();
    expect(builder?.message).toBeUndefined();
    expect(verdict).toMatchObject({ commit, result: "Success", log: { stored: true } });
    const text = readFileSync(join(sandbox, "../logs", `o/hello/1/${commit}/build_hello/fullLog.txt`), "utf8");
    expect(text).toContain("## Begin ");
    expect(builder?.versions).toMatchObject({ git: expect.any(String) });
  });
});

describe("recipes of the base with a tag that does not exist", () => {
  it("let a new builder become Ready, show as a broken base, and are mended by a pull request", async () => {
    const alidist = { name: "build/alidist", repository: "alisw/alidist" };
    const world = await aRealBuilder({
      checks: [{ name: "build/hello" }, { ...alidist, checkout: "alidist" }],
      warmup: { builds: "All" },
    });
    const good = readFileSync(join(world.alidist.path, "hellolib.sh"), "utf8");
    const bad = `version: "1"\ntag: no-such-tag\nsource: file://${world.hello.path}`;
    world.alidist.commit({ "hellolib.sh": good.replace('version: "1"', bad) });
    const commit = world.alidist.propose({ "hellolib.sh": good });
    await world.open(1, world.alidist, commit, { check: alidist.name, repository: alidist.repository });
    world.start();

    const verdict = await world.until(async () => (await world.build(1))?.verdict, 120_000);
    expect(verdict.result).toBe("Success");
    const bases = (await world.self())?.bases;
    expect(bases?.find(({ check }) => check === "build/hello")?.broken).toMatchObject({
      reason: "BaseBroken",
      message: expect.stringContaining("no-such-tag"),
    });
  });
});

describe("a check of aliBuild itself", () => {
  it("waits while the recipes of the base are broken, and is red for a broken aliBuild", async () => {
    const alibuild = { name: "build/alibuild", repository: "alisw/alibuild" };
    const world = await aRealBuilder({
      checks: [{ ...alibuild, tool: { alibuild: "alisw/alibuild@$PR_HASH" } }],
      base: "Tip",
    });
    await runCell(world.order({ task: "selftest" }));
    const runs = `exec ${join(tools, `alibuild-${helloCheck.tool.alibuild}`, "programs/aliBuild")} "$@"\n`;
    const tool = createRepository(join(world.root, "alibuild"), {
      "setup.py": "from setuptools import setup\nsetup(name='alibuild', version='9', scripts=['aliBuild'])\n",
      aliBuild: `#!/bin/sh\n${runs}`,
    });
    world.serve("alisw/alibuild", tool);
    const pull = { check: alibuild.name, repository: alibuild.repository };
    const crash = `#!/bin/sh\ntest "$1" = doctor && exit 1\n${runs}`;
    await world.open(1, tool, tool.propose({ aliBuild: crash }), pull);
    world.start();
    expect((await world.until(async () => (await world.build(1))?.verdict, 150_000)).result).toBe("DoctorError");

    world.alidist.commit({ "hellolib.sh": 'package: hellolib\nversion: "1"\nrequires:\n- a\n  - b: [\n---\ntrue\n' });
    await world.open(2, tool, tool.propose({ README: "words\n" }), pull);
    const trouble = await world.until(async () => (await world.build(2))?.trouble, 150_000);
    expect(trouble).toMatchObject({ reason: "BaseBroken", message: expect.stringContaining("Unable to parse") });
    expect(trouble.brokenBuilders).toBeUndefined();
    await world.until(async () => (await world.self())?.bases?.[0]?.broken?.reason === "BaseBroken");
  });
});
