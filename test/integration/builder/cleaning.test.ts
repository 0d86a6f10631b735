import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { cleanAnnotation } from "../../../src/api/objects/group.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { aBuilder, buildObject } from "../../support/builder/builderWorld.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

const canMount = process.getuid?.() === 0 && process.platform === "linux";

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

  it("passes the bases of removed checks to the base cell, but not the bases of broken checks", async () => {
    const checks = [{ name: "build/hello" }, { name: "build/broken", checkout: "nowhere" }];
    const { store, cells, start, until, sandbox } = await aBuilder({ cleanup: { minFree: "1000Ti" }, checks });
    for (const area of ["build_hello", "build_broken", "build_gone"])
      mkdirSync(join(sandbox, "base", area), { recursive: true });
    await store.create("Build", buildObject(1));
    start({ ownVolume: true });
    const clean = await until(async () => cells.orders.find(({ task }) => task === "clean"));
    expect(clean.paths.gone).toEqual([join(sandbox, "base/build_gone")]);
    expect(cells.orders.find(({ task }) => task === "build")?.paths.gone).toBeUndefined();
  });

  it("cleans one base after a build, an hour after its last cleaning, and never holds an untested pull request", async () => {
    const checks = [{ name: "build/hello" }, { name: "build/other" }];
    const { cells, start, store, until, verdict } = await aBuilder({ checks });
    let leap = 0;
    cells.script = ({ task }) => {
      if (task === "selftest") leap = 61 * 60_000; // The hour passes in the warm-up.
      return undefined;
    };
    const later = (time: () => number) => () => time() + leap;
    const works = () => cells.orders.filter(({ task }) => task === "build" || task === "clean");
    const done = () => works().map(({ task, check, pullRequest }) => `${task} ${pullRequest?.number ?? check.name}`);
    for (const number of [1, 2]) await store.create("Build", buildObject(number));
    start({ clock: { ...hurriedClock(), now: later(systemClock.now), monotonic: later(systemClock.monotonic) } });
    await until(async () => done().includes("clean build/hello"));
    await store.create("Build", buildObject(3));
    await until(async () => done().includes("clean build/other"));
    for (const number of [4, 5]) {
      await store.create("Build", buildObject(number));
      await verdict(number);
    }
    expect(done().slice(0, 2).sort()).toEqual(["build 1", "build 2"]);
    expect(done().slice(2)).toEqual(["clean build/hello", "build 3", "clean build/other", "build 4", "build 5"]);
  });

  it.runIf(canMount).each(["a byte", "an inode"])(
    "frees a disk without %s for the warm-up: HOME, unknown names, then the newest work area",
    async (unit) => {
      const { cells, reaches, sandbox, start, store } = await aBuilder();
      for (const number of [1, 2]) await store.create("Build", buildObject(number));
      mkdirSync(sandbox, { recursive: true });
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m,nr_inodes=1000", "tmpfs", sandbox]);
      onTestFinished(() => void execFileSync("umount", ["--lazy", sandbox]));
      const places = ["home", "parked/.strange/x", "parked/build_hello/1", "parked/build_hello/2"];
      for (const [index, place] of places.entries()) {
        mkdirSync(join(sandbox, place), { recursive: true });
        utimesSync(join(sandbox, place), 1000 + index, 1000 + index);
      }
      for (const name of [
        "config",
        "state/pending-logs",
        "area",
        "tools",
        "base",
        "base-own/home",
        "base-own/tmp",
        "tmp",
      ])
        mkdirSync(join(sandbox, name), { recursive: true });
      const script =
        unit === "a byte"
          ? 'for n in 100 100 100 9000; do head -c ${n}K /dev/zero > "$1/fill"; shift; done; cat /dev/zero > "$BALLAST/fill"'
          : 'for n in 9 9 9 400; do (cd "$1"; seq $n | xargs touch); shift; done; cd "$BALLAST"; seq 2000 | xargs touch';
      const [home = "", strange = "", ...areas] = places.map((place) => join(sandbox, place));
      const env = { PATH: process.env["PATH"], BALLAST: join(sandbox, "base") };
      execFileSync("sh", ["-c", `(${script}) 2> /dev/null || true`, "sh", home, strange, ...areas], { env });
      const isFull = () => {
        const { bavail, blocks, ffree, files } = statfsSync(sandbox);
        return bavail < blocks * 0.03 || ffree < files * 0.03;
      };
      expect(isFull()).toBe(true);
      const deleted: string[] = [];
      cells.script = async ({ cell, task, paths }) => {
        if (cell === "base" && isFull()) return { kind: "Infrastructure", reason: "DiskFull", message: "full" };
        const folder =
          task === "delete" ? paths.area : cell === "build" && task === "selftest" ? paths.home : undefined;
        if (folder !== undefined) {
          deleted.push(folder.slice(sandbox.length + 1));
          for (const name of readdirSync(folder)) rmSync(join(folder, name));
        }
        return { kind: "Done", message: "" };
      };
      start({ clock: hurriedClock(100) });
      await reaches("Ready");
      expect(deleted).toEqual(["home", "area/.strange/x", "area/build_hello/2"]);
    },
  );
});

describe("a builder whose trees cannot be deleted", () => {
  it("is quarantined after three tries with the tree and the next step, and never Ready in between", async () => {
    const { cells, store, sandbox, start, until, verdict, reaches, self } = await aBuilder();
    start({ clock: hurriedClock() });
    await reaches("Ready");
    await store.create("Build", buildObject(1));
    await verdict(1);
    await until(async () => existsSync(join(sandbox, "parked/build_hello/1")));
    writeFileSync(join(sandbox, "parked/build_hello/1/immutable"), "");
    let isImmutable = true;
    const refusal = { kind: "Infrastructure", reason: "CellDied", message: "EPERM, unlink immutable" } as const;
    cells.script = ({ task }) => (task === "delete" && isImmutable ? Promise.resolve(refusal) : undefined);
    const phases: string[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of store.watch("Builder", { signal: stop.signal }))
        if (event.type === "Modified") phases.push(event.object.status?.phase ?? "");
    })().catch(() => {});
    const builder = (await store.get("Builder", "o2-0")) ?? expect.fail();
    const annotations = { [cleanAnnotation]: "* 2026-01-01T00:00:00.000Z" };
    await store.update("Builder", { ...builder, metadata: { ...builder.metadata, annotations } });

    await reaches("Quarantined");
    expect((await self())?.message).toContain(
      "cannot be deleted after 3 tries: the work area build_hello/1 is still there: EPERM, unlink immutable; delete them on this machine",
    );
    expect(cells.orders.filter(({ task }) => task === "delete").length % 3).toBe(0);
    await store.create("Build", buildObject(2));
    isImmutable = false;
    expect((await verdict(2)).generation).toBe(1);
    stop.abort();
    await watching;
    const seen = phases.slice(phases.indexOf("Warming"));
    expect(seen.slice(0, seen.lastIndexOf("Quarantined"))).not.toContain("Ready");
  });
});
