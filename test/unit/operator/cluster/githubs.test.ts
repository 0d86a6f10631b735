import { expect, it } from "vitest";
import { createGitHubsBySecret } from "../../../../src/operator/cluster/githubs.ts";
import { scripted } from "../../../support/github/scripted.ts";
import { keptLog } from "../../../support/keptLog.ts";
import { leapingClock } from "../../../support/leapingClock.ts";
import { aPool } from "../../../support/objects/pool.ts";

it("repositories that are listed at once share one connection: the Secret is read once, and each of them once", async () => {
  const open = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
  const repository = { ref: { id: "REF" }, numbers: { nodes: [] }, open };
  await using server = await scripted(({ method }) => ({ body: method === "GET" ? [] : { data: { repository } } }));
  const pool = aPool({ github: { ...aPool().spec.github, apiUrl: server.url } });
  let lookedUp = 0;
  const credential = async () => {
    lookedUp += 1;
    return { token: "ghp_token" };
  };
  const { signal } = new AbortController();
  const connection = createGitHubsBySecret({ clock: leapingClock(), log: keptLog(), credential }).of(pool);
  const list = (name: string) => connection.list({ repository: `o/${name}`, branch: "dev", teams: [], signal });
  const poll = () => Promise.all(["a", "b", "c"].map(list));
  await poll();
  await poll();
  expect(lookedUp).toBe(1);
  expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(3);
});
