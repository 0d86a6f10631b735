import { expect, it } from "vitest";
import type { BuilderPool } from "../../../../src/api/objects/pool.ts";
import { explainPullRequest, mergeQueueNotes } from "../../../../src/cli/commands/explain.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { systemClock } from "../../../../src/system/clock.ts";
import { createLog } from "../../../../src/system/log.ts";
import { aBuild } from "../../../support/objects/build.ts";
import { noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const broken = { name: "build/broken", developmentPackages: [{ repository: "other/sources" }] };

async function explain(repository: string): Promise<readonly string[]> {
  const pools = [
    aPool(),
    aPool({ repository: "other/code", checks: [broken] }, "unrelated"),
    aPool({ repository: "other/code", checks: [{ ...broken, name: "build/here", repository: "o/r" }] }, "shared"),
  ];
  return (await explainIn(pools, repository)).map((line) => line.split(":")[0] ?? "");
}

async function explainIn(pools: readonly BuilderPool[], repository: string): Promise<readonly string[]> {
  const store = openEmbeddedStore({ file: ":memory:", clock: systemClock, log: createLog({ level: "silent" }) });
  for (const { metadata, status, ...pool } of pools) {
    const created = await store.create("BuilderPool", { ...pool, metadata: { name: metadata.name } });
    if (status !== undefined) await store.updateStatus("BuilderPool", { ...created, status });
  }
  return await explainPullRequest(store, { repository, number: 7 }, noon);
}

it("names the broken checks of the repository and of no other repository", async () => {
  expect(await explain("o/r")).toEqual(["build/O2/o2", "build/here"]);
  expect(await explain("Other/Code")).toEqual(["build/broken"]);
});

it("names the pool that builds a check, with its state", async () => {
  const message = "1 of 2 builders are ready, at least 2 must be";
  const condition = { type: "Ready", status: "False" as const, reason: "NotEnoughReady", message };
  const conditions = [{ ...condition, lastTransitionTime: "2026-01-01T00:00:00Z" }];
  const lines = async (status: BuilderPool["status"]) => {
    const owner = { ...aPool({ instances: 2 }, "a"), status };
    return (await explainIn([owner, aPool({}, "b"), aPool({ silent: true }, "c")], "o/r"))[1];
  };
  const start =
    'build/O2/o2: not built (OwnedByAnotherPool) by the pool "b": build/O2/o2 of o/r belongs to the pool "a"';
  expect(await lines({ ready: 2 })).toBe(`${start}, which has 2 of 2 builders ready`);
  expect(await lines({ ready: 1, conditions })).toBe(`${start}, which is not ready: ${message}`);
});

it("names the time of the listing without the pull request only while the listing is stale", async () => {
  const listing = { repository: "o/r", branch: "master", listedAt: "2026-01-01T00:00:00Z", pullRequests: 12 };
  const explained = async (state: { readonly stale: boolean; readonly message?: string }) =>
    explainIn([{ ...aPool(), status: { listings: [{ ...listing, ...state }] } }], "o/r");
  const start = "build/O2/o2: o/r#7 is not open against master (12 open";
  expect(await explained({ stale: false })).toEqual([`${start} in the last listing)`]);
  expect(await explained({ stale: true, message: "502" })).toEqual([
    `${start} at 2026-01-01T00:00:00Z, not listed since: 502)`,
  ]);
});

it("says of a green pull request that merge queues are not served", async () => {
  const notes = async (spec: object) => {
    const store = openEmbeddedStore({ file: ":memory:", clock: systemClock, log: createLog({ level: "silent" }) });
    const { status: _, metadata, ...build } = aBuild({ number: 7, ...spec });
    await store.create("Build", { ...build, metadata: { name: metadata.name } });
    return await mergeQueueNotes(store, { repository: "O/R", number: 7 });
  };
  expect(await notes({ group: "succeeded" })).toEqual([expect.stringMatching(/^merge queues are not served/)]);
  for (const spec of [{ group: "untested" }, { group: "succeeded", silent: true }, { group: "succeeded", number: 8 }])
    expect(await notes(spec)).toEqual([]);
});
