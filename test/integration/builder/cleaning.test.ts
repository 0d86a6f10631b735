import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aBuilder, buildObject } from "../../support/builder/builderWorld.ts";

/** What the system says of a write to a disk that is full. */
function noSpace(): unknown {
  try {
    return writeFileSync("/dev/full", "\n");
  } catch (error) {
    return error;
  }
}

describe("a builder that has its work area cleaned", () => {
  it("W-41: on a disk it shares, keeps at most a tenth free, however much the pool asks for", async () => {
    for (const ownVolume of [false, true]) {
      const { cells, sandbox, start, store, verdict } = await aBuilder({ cleanup: { minFree: "1000Ti" } });
      await store.create("Build", buildObject(1));
      start({ ownVolume });
      await verdict();
      const minFree = cells.orders.find(({ task }) => task === "build")?.limits.minFree ?? 0;
      const { blocks, bsize } = statfsSync(sandbox);
      expect(minFree).toBe(ownVolume ? 1000 * 2 ** 40 : Math.floor((blocks * bsize) / 10));
    }
  });

  it.runIf(process.platform === "linux")("builds on, and stays warm, when its area cannot be cleaned", async () => {
    const { cells, start, store, verdict } = await aBuilder({ cleanup: { minFree: "1000Ti" } });
    cells.script = (order) => (order.task === "clean" ? Promise.reject(noSpace()) : undefined);
    for (const number of [1, 2]) await store.create("Build", buildObject(number));
    const { readiness } = start({ ownVolume: true });
    for (const number of [1, 2]) await verdict(number);
    expect(cells.orders.filter(({ task }) => task === "clean").length).toBeGreaterThan(0);
    expect(readiness).toEqual([true]);
  });

  it("names the areas of checks that are gone to the cell that cleans, not those of checks that are broken", async () => {
    const checks = [{ name: "build/hello" }, { name: "build/broken", checkout: "nowhere" }];
    const { store, cells, start, until, sandbox } = await aBuilder({ cleanup: { minFree: "1000Ti" }, checks });
    for (const area of ["build_hello", "build_broken", "build_gone"])
      mkdirSync(join(sandbox, "area", area), { recursive: true });
    await store.create("Build", buildObject(1));
    start({ ownVolume: true });
    const clean = await until(async () => cells.orders.find(({ task }) => task === "clean"));
    expect(clean.paths.gone).toEqual([join(sandbox, "area/build_gone")]);
    expect(cells.orders.find(({ task }) => task === "build")?.paths.gone).toBeUndefined();
  });
});
