import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aBuilder, type BuilderFixture, buildObject, commit } from "../../support/builder/builderWorld.ts";

async function silenceObject({ store }: BuilderFixture): Promise<void> {
  const builder = await store.get("Builder", "o2-0");
  if (builder === undefined) throw new Error("no builder");
  await store.update("Builder", { ...builder, spec: { ...builder.spec, silent: true } });
}

describe("the settings of a builder", () => {
  it("records silent verdicts (W-11), and is silent by its pool, its check, its object or a file", async () => {
    for (const spec of [{ silent: true }, { checks: [{ name: "build/hello", silent: true }] }]) {
      const { store, start, verdict } = await aBuilder(spec);
      await store.create("Build", buildObject(1));
      start();
      expect((await verdict()).silent).toBe(true);
    }
    const silenceFile = async ({ configure }: BuilderFixture) => configure("silent", "true");
    for (const silence of [silenceObject, silenceFile]) {
      const fixture = await aBuilder();
      await silence(fixture);
      await fixture.store.create("Build", buildObject(1));
      fixture.start();
      expect((await fixture.verdict()).silent).toBe(true);
      expect((await fixture.self())?.silent).toBe(true);
    }
  });

  it("are silent on a revision that is not loud yet, unless a person sets silent in the object", async () => {
    const trial = { revision: "other", phase: "Testing" as const, loudRevisions: ["earlier"], agreed: [] };
    for (const person of [undefined, false]) {
      const { self, start, store, verdict } = await aBuilder();
      const [pool] = await store.list("BuilderPool");
      const [builder] = await store.list("Builder");
      if (pool === undefined || builder === undefined) throw new Error("no pool");
      await store.updateStatus("BuilderPool", { ...pool, status: { canary: trial } });
      if (person !== undefined)
        await store.update("Builder", { ...builder, spec: { ...builder.spec, silent: person } });
      await store.create("Build", buildObject(1));
      start();
      expect((await verdict()).silent).toBe(person === undefined);
      expect((await self())?.canary).toBe(person === undefined ? true : undefined);
    }
  });

  it("puts the limits of config files into orders, and warns about an empty file (W-23)", async () => {
    const { cells, configure, sandbox, self, start, store, verdict } = await aBuilder();
    configure("long-timeout", "90m\n");
    configure("timeout", "");
    await store.create("Build", buildObject(1));
    start();
    await verdict();
    const order = cells.orders.find(({ task }) => task === "build");
    expect(order?.check.timeouts).toEqual({ command: "120s", build: "5400000ms" });
    expect((await self())?.message).toContain("config/timeout is empty");
    expect(readFileSync(join(sandbox, "config/worker-index"), "utf8")).toBe("0\n");
  });

  it("builds only the commits in force-hashes", async () => {
    const { build, sandbox, start, store, verdict } = await aBuilder();
    mkdirSync(sandbox, { recursive: true });
    writeFileSync(join(sandbox, "force-hashes"), `untested 2 ${commit(2)} hello\n`);
    for (const number of [1, 2]) await store.create("Build", buildObject(number));
    start();
    await verdict(2);
    expect((await build(1))?.attempt).toBe(0);
  });
});
