import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aBuilder, buildObject } from "../../support/builder/builderWorld.ts";

/** The error of a write to a full disk. */
function noSpace(): unknown {
  try {
    return writeFileSync("/dev/full", "\n");
  } catch (error) {
    return error;
  }
}

describe("the cleaning of the work area", () => {
  it("W-41: keeps at most a tenth of a shared disk free, even with a larger cleanup.minFree", async () => {
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

  it.runIf(process.platform === "linux")("continues to build, and stays warm, when the cleaning fails", async () => {
    const { cells, start, store, verdict } = await aBuilder({ cleanup: { minFree: "1000Ti" } });
    cells.script = (order) => (order.task === "clean" ? Promise.reject(noSpace()) : undefined);
    for (const number of [1, 2]) await store.create("Build", buildObject(number));
    const { readiness } = start({ ownVolume: true });
    for (const number of [1, 2]) await verdict(number);
    expect(cells.orders.filter(({ task }) => task === "clean").length).toBeGreaterThan(0);
    expect(readiness).toEqual([true]);
  });

  it("passes the areas of removed checks to the cell, but not the areas of broken checks", async () => {
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
