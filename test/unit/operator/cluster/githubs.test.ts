import { expect, it } from "vitest";
import { createGitHubsBySecret } from "../../../../src/operator/cluster/githubs.ts";
import { scripted } from "../../../support/github/scripted.ts";
import { keptLog } from "../../../support/keptLog.ts";
import { leapingClock } from "../../../support/leapingClock.ts";
import { aPool } from "../../../support/objects/pool.ts";

it("reads the Secret once and each repository once when repositories are listed at once", async () => {
  const open = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
  const repository = { ref: { id: "REF" }, numbers: { nodes: [] }, open };
  await using server = await scripted(({ method }) => ({ body: method === "GET" ? [] : { data: { repository } } }));
  const pool = aPool({ github: { ...aPool().spec.github, apiUrl: server.url } });
  let reads = 0;
  const credential = async () => {
    reads += 1;
    return { token: "ghp_token" };
  };
  const { signal } = new AbortController();
  const connection = createGitHubsBySecret({ clock: leapingClock(), log: keptLog(), credential }).of(pool);
  const list = (name: string) => connection.list({ repository: `o/${name}`, branch: "dev", teams: [], signal });
  const poll = () => Promise.all(["a", "b", "c"].map(list));
  await poll();
  await poll();
  expect(reads).toBe(1);
  expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(3);
});
