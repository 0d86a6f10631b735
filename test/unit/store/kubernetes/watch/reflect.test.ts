import { describe, expect, it } from "vitest";
import { StoreError } from "../../../../../src/store/error.ts";
import type {
  KubernetesObject,
  ListOptions,
  WatchEvent,
  WatchOptions,
} from "../../../../../src/store/kubernetes/client.ts";
import type { Reflected } from "../../../../../src/store/kubernetes/watch/known.ts";
import { reflect } from "../../../../../src/store/kubernetes/watch/reflect.ts";
import { createLog } from "../../../../../src/system/log.ts";
import { type FakeClock, fakeClock, settled } from "../../../../support/fakeClock.ts";

const pods = { apiVersion: "v1", kind: "Pod", plural: "pods" };
const log = createLog({ level: "silent" });

function pod(name: string, version: number, uid = `uid-of-${name}`): KubernetesObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, uid, resourceVersion: `${version}` } };
}

const event = (type: WatchEvent["type"], object: KubernetesObject): WatchEvent => ({ type, object });

/**
 * The scripted response to one request: the pages of a list, or the events of a watch before it ends, breaks or stays
 * open.
 */
type Turn =
  | { readonly list: readonly (readonly KubernetesObject[])[]; readonly version: string; readonly fails?: StoreError }
  | { readonly watch: readonly WatchEvent[]; readonly end: "ends" | "stays" | StoreError; readonly after?: number }
  | { readonly refused: StoreError };

/** Reads a reflector against the scripted `turns`; the last one must stay open. Returns its items and the requests. */
async function reflected(turns: readonly Turn[], clock: FakeClock = fakeClock()) {
  const asked: string[] = [];
  const said: string[] = [];
  const stop = new AbortController();
  const left = [...turns];

  function next<T extends "list" | "watch">(what: T, from: string): Extract<Turn, { [key in T]: unknown }> {
    asked.push(`${Math.round(clock.monotonic())} ${what} ${from}`.trim());
    const turn = left.shift();
    if (turn === undefined) throw new Error(`nobody expected to be asked for a ${what}`);
    if ("refused" in turn) throw turn.refused;
    if (!(what in turn))
      throw new Error(`nobody expected to be asked for a ${what} instead of ${JSON.stringify(turn)}`);
    return turn as Extract<Turn, { [key in T]: unknown }>;
  }

  const client = {
    async *pages(_: object, { labelSelector = "" }: ListOptions = {}) {
      const { list, version, fails } = next("list", labelSelector);
      for (const items of list) yield { resourceVersion: version, items };
      if (fails !== undefined) throw fails;
    },
    async *watch(_: object, { resourceVersion = "", onOpen }: WatchOptions) {
      const { watch, end, after = 0 } = next("watch", resourceVersion);
      onOpen?.();
      yield* watch;
      if (end === "stays") await clock.sleep(1e9, stop.signal).catch(() => {});
      else if (after > 0) await clock.sleep(after);
      if (end instanceof StoreError) throw end;
    },
  };
  const reading = (async () => {
    const options = {
      read: (object: KubernetesObject) => object,
      onHealth: (is: boolean) => said.push(is ? "healthy" : "unhealthy"),
    };
    for await (const change of reflect(client, pods, options, { clock, log }, stop.signal)) said.push(brief(change));
  })();
  for (let turn = 0; left.length > 0 && turn < 1000; turn += 1) await clock.advance(1000);
  await settled();
  stop.abort();
  await reading;
  return { asked, said };
}

function brief(change: Reflected<KubernetesObject>): string {
  if (change.type === "Synced") return ["Synced", ...[...change.names].sort()].join(" ");
  return `${change.type} ${change.object.metadata.name} ${change.object.metadata.resourceVersion}`;
}

const unavailable = (retryAfterMs?: number) =>
  new StoreError("Unavailable", "connection refused", retryAfterMs === undefined ? {} : { retryAfterMs });
const expired = new StoreError("Expired", "too old resource version");
const stays: Turn = { watch: [], end: "stays" };

describe("a reflector", () => {
  it("delivers all pages, Synced and later changes, and is healthy once the watch is open", async () => {
    const { said, asked } = await reflected([
      { list: [[pod("a", 1)], [pod("b", 2)]], version: "5" },
      {
        watch: [event("MODIFIED", pod("a", 6)), event("ADDED", pod("c", 7)), event("DELETED", pod("b", 8))],
        end: "stays",
      },
    ]);

    expect(said).toEqual([
      "Added a 1",
      "Added b 2",
      "Synced a b",
      "healthy",
      "Modified a 6",
      "Added c 7",
      "Deleted b 8",
    ]);
    expect(asked).toEqual(["0 list", "0 watch 5"]);
  });

  it("continues at its last version or bookmark when the server ends the watch, and stays healthy", async () => {
    const { said, asked } = await reflected([
      { list: [[pod("a", 1)]], version: "5" },
      { watch: [event("MODIFIED", pod("a", 6)), event("BOOKMARK", pod("", 9))], end: "ends", after: 300_000 },
      stays,
    ]);

    expect(said).toEqual(["Added a 1", "Synced a", "healthy", "Modified a 6"]);
    expect(asked).toEqual(["0 list", "0 watch 5", "300000 watch 9"]);
  });

  it("reopens a long watch at once without a list when it breaks, and is unhealthy in between", async () => {
    const { said, asked } = await reflected([
      { list: [[pod("a", 1)]], version: "5" },
      { watch: [event("MODIFIED", pod("a", 6))], end: unavailable(), after: 60_000 },
      { watch: [event("MODIFIED", pod("a", 7))], end: "stays" },
    ]);

    expect(said).toEqual(["Added a 1", "Synced a", "healthy", "Modified a 6", "unhealthy", "healthy", "Modified a 7"]);
    expect(asked.slice(1)).toEqual(["0 watch 5", "60000 watch 6"]);
  });

  it("retries a refused watch with pauses doubling to 15 s, without a list", async () => {
    const { asked } = await reflected(
      [
        { list: [[]], version: "5" },
        { watch: [], end: unavailable(), after: 20_000 },
        ...Array.from({ length: 9 }, () => ({ refused: unavailable() })),
        stays,
      ],
      fakeClock({ chance: 0 }),
    );
    const moments = asked.slice(1).map((line) => Number(line.split(" ")[0]));

    expect(asked.slice(1).every((line) => line.endsWith("watch 5"))).toBe(true);
    expect(moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0))).toEqual([
      20_000, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000,
    ]);
  });

  it("waits for the server's Retry-After", async () => {
    const { asked } = await reflected([{ refused: unavailable(40_000) }, { list: [[]], version: "5" }, stays]);

    expect(asked).toEqual(["0 list", "40000 list", "40000 watch 5"]);
  });

  it("pauses and is unhealthy when the server ends every watch at once", async () => {
    const { asked, said } = await reflected([
      { list: [[]], version: "5" },
      ...Array.from({ length: 20 }, () => ({ watch: [], end: "ends" }) as const),
      stays,
    ]);

    expect(Number(asked.at(-1)?.split(" ")[0])).toBeGreaterThan(100_000);
    expect(said.slice(0, 4)).toEqual(["Synced", "healthy", "unhealthy", "healthy"]);
  });

  it("lists again after an expired version, delivers missed deletions with the last known object and repeats no item", async () => {
    const { said, asked } = await reflected([
      { list: [[pod("a", 1), pod("b", 2), pod("c", 3)]], version: "5" },
      { watch: [event("MODIFIED", pod("b", 6))], end: expired, after: 60_000 },
      { list: [[pod("a", 1), pod("c", 8), pod("d", 9)]], version: "10" },
      stays,
    ]);

    expect(said.slice(3)).toEqual([
      "Synced a b c",
      "healthy",
      "Modified b 6",
      "unhealthy",
      "Modified c 8",
      "Added d 9",
      "Deleted b 6",
      "Synced a c d",
      "healthy",
    ]);
    expect(asked).toEqual(["0 list", "0 watch 5", "60000 list", "60000 watch 10"]);
  });

  it("delivers Deleted and Added for an object replaced by a namesake, in a list or a watch", async () => {
    const { said } = await reflected([
      { list: [[pod("a", 1), pod("b", 2)]], version: "5" },
      { watch: [], end: expired, after: 60_000 },
      { list: [[pod("a", 7, "another"), pod("b", 2)]], version: "8" },
      { watch: [event("DELETED", pod("b", 9)), event("ADDED", pod("b", 10, "another"))], end: "stays" },
    ]);

    expect(said.filter((line) => / [ab] \d/.test(line)).slice(2)).toEqual([
      "Deleted a 1",
      "Added a 7",
      "Deleted b 9",
      "Added b 10",
    ]);
  });

  it("repeats a list that broke in the middle, and sends Synced only after a complete list", async () => {
    const { said } = await reflected([
      { list: [[pod("a", 1)]], version: "5", fails: expired },
      { list: [[pod("a", 1)], [pod("b", 6)]], version: "7" },
      stays,
    ]);

    expect(said).toEqual(["Added a 1", "Added b 6", "Synced a b", "healthy"]);
  });

  it("treats an unreadable object as existing and unchanged", async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const client = {
      async *pages() {
        yield { resourceVersion: "5", items: [pod("a", 1), pod("odd", 2)] };
      },
      async *watch() {
        yield event("MODIFIED", pod("a", 66));
        yield event("DELETED", pod("odd", 7));
        yield event("DELETED", pod("a", 66));
        stop.abort();
      },
    };
    const read = (object: KubernetesObject) =>
      object.metadata.name === "odd" || object.metadata.resourceVersion === "66" ? undefined : object;
    const said: string[] = [];
    for await (const change of reflect(client, pods, { read }, { clock, log }, stop.signal)) said.push(brief(change));

    expect(said).toEqual(["Added a 1", "Synced a odd", "Deleted a 1"]);
  });

  it("counts lists, opened and ended watches, failures and expired versions", async () => {
    const counts: string[] = [];
    const stop = new AbortController();
    const client = {
      async *pages() {
        yield { resourceVersion: "5", items: [] };
      },
      async *watch(_: object, { onOpen }: WatchOptions) {
        onOpen?.();
        if (counts.length > 8) return stop.abort();
        yield event("BOOKMARK", pod("", 6));
        if (counts.length > 6) return;
        if (counts.includes("Failed Pod")) throw expired;
        throw unavailable();
      },
    };
    const clock = { ...fakeClock(), sleep: async () => {} };
    const count = (fact: string, kind: string) => counts.push(`${fact} ${kind}`);
    for await (const _ of reflect(client, pods, { read: (pod) => pod }, { clock, log, count }, stop.signal));

    const facts = ["Listed", "Opened", "Failed", "Opened", "Expired", "Listed", "Opened", "Ended", "Opened"];
    expect(counts).toEqual(facts.map((fact) => `${fact} Pod`));
  });
});
