import { expect, it } from "vitest";
import type { BuilderPool } from "../../../../src/api/objects/pool.ts";
import { createGitHubs } from "../../../../src/operator/githubs.ts";
import { scripted } from "../../../support/github/scripted.ts";
import { keptLog } from "../../../support/keptLog.ts";
import { leapingClock } from "../../../support/leapingClock.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { signal, status } from "../asking.ts";

it("drops a connection and its caches when the last pool with its credential changes to another", async () => {
  const reset = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "9", "x-ratelimit-reset": "2000000000" };
  const headers = { "x-ratelimit-resource": "core", ...reset };
  await using server = await scripted(() => ({ body: { statuses: [] }, headers }));
  const github = { ...aPool().spec.github, apiUrl: server.url };
  const pools = ["a", "b"].map((name) => aPool({ github }, name));
  const tokens = new Map(pools.map(({ metadata }) => [metadata.name, "first"]));
  const credential = ({ metadata }: BuilderPool) => ({ token: tokens.get(metadata.name) ?? "" });
  const connections = createGitHubs({ clock: leapingClock(), log: keptLog(), credential });
  const known = async () => {
    for (const pool of pools) await connections.of(pool).setStatus(status, signal);
    return connections.budgets().length;
  };
  expect(await known()).toBe(1);
  tokens.set("a", "second");
  expect(await known()).toBe(2);
  tokens.set("b", "second");
  expect(await known()).toBe(1);
});
