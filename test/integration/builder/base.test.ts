import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/api/cell/event.ts";
import type { Order } from "../../../src/api/cell/order.ts";
import { apiVersion, poolLabel } from "../../../src/api/objects/group.ts";
import { aBuilder, buildObject, commit } from "../../support/builder/builderWorld.ts";
import { success } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

const broken: Outcome = {
  kind: "Infrastructure",
  reason: "BaseBroken",
  message: "aliBuild doctor refuses master of alisw/alidist at bbbbbbbbbb: Unable to parse hellolib.sh",
};
/** The base order before a build at a base commit that is broken, or not. */
const refreshed = (isBroken: boolean): Outcome => ({
  kind: "Done",
  message: "",
  ...(isBroken && { compiled: false, reason: "BaseBroken" }),
});
const anHourAgo = () => Date.now() - 61 * 60_000;
const isAt = ({ sources }: Pick<Order, "sources">, tip: string) => sources.every((source) => source.commit === tip);
const warm = (compiled: boolean): Outcome => ({
  kind: "Done",
  message: "",
  compiled,
  findings: { sections: [], preview: ["## sw/BUILD/hellolib-latest/log", "y.cxx:1: error: damaged"] },
});

describe("a base branch that breaks", () => {
  it.each([
    ["LastGood", "Success"],
    ["Tip", undefined],
  ] as const)("with base: %s leads to the verdict %s, never to red", async (base, result) => {
    const { cells, mirrors, store, reaches, self, start, build, until } = await aBuilder({ base });
    const fetch = mirrors.fetch.bind(mirrors);
    let tip = commit("a");
    mirrors.fetch = async (request, signal) => ({ ...(await fetch(request, signal)), commit: tip });
    cells.script = async (order) => {
      if (order.task !== "build") return refreshed(isAt(order, commit("b")));
      return isAt(order, commit("a")) ? success : broken;
    };
    start({ clock: hurriedClock() });
    await reaches("Ready");
    await store.create("Build", buildObject(1));
    await until(async () => (await build(1))?.verdict?.result === "Success");
    tip = commit("b");
    await store.create("Build", buildObject(2));

    const bases = await until(async () => {
      const status = await self();
      return status?.bases?.some((one) => one.broken !== undefined) && status.bases;
    });
    expect(bases).toMatchObject([{ check: "build/hello", broken: { reason: "BaseBroken", message: broken.message } }]);
    const ended = await until(async () => {
      const now = await build(2);
      return (now?.verdict ?? now?.trouble) !== undefined && now;
    });
    expect(ended.verdict?.result).toBe(result);
    if (result === undefined) expect(ended.trouble?.reason).toBe("BaseBroken");
    expect(ended.trouble?.brokenBuilders).toBeUndefined();

    tip = commit("a");
    await store.create("Build", buildObject(3));
    await until(async () => (await build(3))?.verdict?.result === "Success");
    await until(async () => (await self())?.bases?.every((one) => one.broken === undefined));
  });

  it("skips the broken tip for the next pull requests", async () => {
    const { cells, mirrors, store, reaches, start, verdict } = await aBuilder();
    const fetch = mirrors.fetch.bind(mirrors);
    let tip = commit("a");
    mirrors.fetch = async (request, signal) => ({ ...(await fetch(request, signal)), commit: tip });
    cells.script = async (order) => {
      if (order.task !== "build") return refreshed(isAt(order, commit("b")));
      return isAt(order, commit("a")) ? success : broken;
    };
    start();
    await reaches("Ready");
    await store.create("Build", buildObject(1));
    await verdict(1);
    tip = commit("b");
    for (const number of [2, 3]) {
      await store.create("Build", buildObject(number));
      expect((await verdict(number)).result).toBe("Success");
    }

    const bases = cells.orders.filter(({ task }) => task === "build").map(({ sources }) => sources[0]?.commit[0]);
    expect(bases).toEqual(["a", "b", "a", "a"]);
  });

  it("is tried again at the same commits an hour after its last failure", async () => {
    const { cells, mirrors, sandbox, store, reaches, self, start, verdict, until } = await aBuilder();
    const fetch = mirrors.fetch.bind(mirrors);
    let tip = commit("a");
    let isMended = false;
    mirrors.fetch = async (request, signal) => ({ ...(await fetch(request, signal)), commit: tip });
    const breaks = (order: Order) => isAt(order, commit("b")) && !isMended;
    cells.script = async (order) => {
      if (order.task !== "build") return refreshed(breaks(order));
      return breaks(order) ? broken : success;
    };
    start();
    await reaches("Ready");
    await store.create("Build", buildObject(1));
    await verdict(1);
    tip = commit("b");
    for (const number of [2, 3, 4]) {
      await store.create("Build", buildObject(number));
      await verdict(number);
      const file = join(sandbox, "state/bases.json");
      const memory = JSON.parse(readFileSync(file, "utf8"));
      if (number === 3) writeFileSync(file, JSON.stringify({ ...memory, brokenAt: { "build/hello": anHourAgo() } }));
      isMended = number === 3;
    }

    const bases = cells.orders.filter(({ task }) => task === "build").map(({ sources }) => sources[0]?.commit[0]);
    expect(bases).toEqual(["a", "b", "a", "a", "b"]);
    await until(async () => (await self())?.bases?.every((one) => one.broken === undefined));
  });
});

describe("a build that says that its base is broken", () => {
  it("is believed by nobody else while the base cell can build the base", async () => {
    const { cells, mirrors, store, reaches, self, start, build, until, verdict } = await aBuilder();
    const fetch = mirrors.fetch.bind(mirrors);
    let tip = commit("a");
    mirrors.fetch = async (request, signal) => ({ ...(await fetch(request, signal)), commit: tip });
    cells.script = async (order, on) => {
      if (order.task !== "build") return refreshed(false);
      on({ event: "step", step: "build" });
      return order.pullRequest?.number === 2 ? broken : success;
    };
    start({ clock: hurriedClock() });
    await reaches("Ready");
    await store.create("Build", buildObject(1));
    await verdict(1);
    tip = commit("b");
    await store.create("Build", buildObject(2));
    const ended = await until(async () => (await build(2))?.trouble);
    expect(ended.brokenBuilders).toMatchObject([{ builder: "o2-0", reason: "BaseBroken", counted: 1 }]);
    await store.create("Build", buildObject(3));
    await verdict(3);

    const honest = cells.orders.filter(({ task, pullRequest }) => task === "build" && pullRequest?.number === 3);
    expect(honest.map(({ sources }) => sources[0]?.commit)).toEqual([commit("b")]);
    expect((await self())?.bases?.filter((one) => one.broken !== undefined)).toEqual([]);
  });
});

describe("a base branch that does not compile in a warm-up", () => {
  it("quarantines the builder with the first error if the same commits compiled on another builder", async () => {
    const { cells, store, reaches, self, start, until } = await aBuilder({ warmup: { builds: "All" } });
    cells.script = (order) => (order.task === "warmup" ? Promise.resolve(warm(false)) : undefined);
    const first = start();
    await reaches("Ready");
    const known = await until(async () => (await self())?.bases?.[0]);
    first.stop.abort();
    await first.ended;
    const other = await store.create("Builder", {
      apiVersion,
      kind: "Builder",
      metadata: { name: "o2-1", labels: { [poolLabel]: "o2" } },
      spec: { pool: "o2", desired: "Active", workerIndex: 1, poolSize: 2, external: false },
    });
    const status = { phase: "Ready", incarnation: "x", bases: [{ ...known, compiled: true }] } as const;
    await store.updateStatus("Builder", { ...other, status: { ...status, bases: [...status.bases] } });

    start();

    expect((await reaches("Quarantined")).message).toContain("y.cxx:1: error: damaged");
  });

  it("quarantines the builder if the same commits compiled here before, until they compile again", async () => {
    const { cells, reaches, start } = await aBuilder({ warmup: { builds: "All" } });
    let compiles = true;
    cells.script = (order) => (order.task === "warmup" ? Promise.resolve(warm(compiles)) : undefined);
    const first = start();
    await reaches("Ready");
    first.stop.abort();
    await first.ended;
    compiles = false;

    start({ clock: hurriedClock() });
    await reaches("Quarantined");
    compiles = true;
    await reaches("Ready");
  });

  it("quarantines no builder if the definition of the check changed since the same commits compiled", async () => {
    const { cells, store, reaches, self, start } = await aBuilder({ warmup: { builds: "All" } });
    cells.script = (order) =>
      order.task === "warmup" ? Promise.resolve(warm(order.check.env.CXXFLAGS !== "-Werror")) : undefined;
    const first = start();
    await reaches("Ready");
    first.stop.abort();
    await first.ended;
    const pool = await store.get("BuilderPool", "o2");
    if (pool === undefined) throw new Error("no pool");
    await store.update("BuilderPool", { ...pool, spec: { ...pool.spec, env: { CXXFLAGS: "-Werror" } } });

    start();
    expect((await reaches("Ready")).message).toContain("does not compile for build/hello");
    expect((await self())?.bases).toMatchObject([{ check: "build/hello", compiled: false }]);
  });
});
