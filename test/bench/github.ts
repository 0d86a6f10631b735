import { createGitHub } from "../../src/github/client.ts";
import { type StandIn, startStandIn } from "../support/github/standIn.ts";
import { randomOf } from "../support/random.ts";
import type { Print } from "./bench.ts";

/** Open pull requests of 15 repositories, 300 in total: ALICE has two large repositories and a long tail. */
const sizes = [90, 70, 30, 20, 20, 15, 12, 10, 8, 7, 6, 5, 3, 2, 2];
const pollsPerHour = 60;
/** Pushes, comments, labels, reviews, openings and merges in a working hour, over all repositories. */
const changesPerHour = 60;
/** A builder is busy for 70 % of the time. A build takes half an hour. */
const buildsPerBuilderAndHour = 1.4;

/**
 * ali-bot: every builder lists on its own, one round in ten minutes. One builder of each of the 13 pools sends 31
 * queries in a round. Each query costs 2 points by GitHub's rule: 1 + 75 + 75 + 75 requests, divided by 100.
 */
const aliBot = { pools: 13, queries: 31, points: 2, roundsPerHour: 6 };

/** One hour of polling, through the real client, against a stand-in that charges points by GitHub's rule. */
export async function bench(print: Print): Promise<void> {
  print("GitHub: 15 repositories, 300 open pull requests, one hour, poll every 60 s, 60 changes");
  print(
    "builders  points  requests  of them 304  core points  writes  points a poll  ali-bot's points (own rounds; at 60 s)",
  );
  for (const builders of [8, 32, 64]) {
    const hour = await oneHour(builders);
    const reference = Math.round((builders / aliBot.pools) * aliBot.queries * aliBot.points * aliBot.roundsPerHour);
    const columns: readonly (readonly [string | number, number])[] = [
      [builders, 8],
      [hour.graphql, 6],
      [hour.requests, 8],
      [hour.unchanged, 11],
      [hour.core, 11],
      [hour.writes, 6],
      [(hour.graphql / pollsPerHour).toFixed(2), 13],
      [`${reference}; ${reference * 10}`, 49],
    ];
    print(columns.map(([value, width]) => String(value).padStart(width)).join("  "));
  }
}

async function oneHour(builders: number) {
  // The hour lies in the past: the Date header of the stand-in has the real time and must always be later.
  const start = Date.now() - 2 * 3_600_000;
  let passed = 0;
  const gitHub = await startStandIn({ now: () => start + passed });
  const repositories = await fill(gitHub, start);
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log };
  const clock = { now: () => start + passed, monotonic: () => passed, random: () => 0, sleep: async () => undefined };
  const client = createGitHub({ apiUrl: gitHub.apiUrl, credential: { token: gitHub.token }, clock, log });
  const spent = { graphql: 0, core: 0 };
  const last = { graphql: 0, core: 0 };
  /** Adds the points used since the last call. GitHub restarts at 0 every hour. */
  const count = () => {
    for (const { resource, used } of client.budgets()) {
      spent[resource] += used >= last[resource] ? used - last[resource] : used;
      last[resource] = used;
    }
  };
  const { signal } = new AbortController();
  // Two generators: the changes of the hour must not depend on the number of builds.
  const [changes, builds] = [randomOf(7), randomOf(11)];
  const round = () =>
    Promise.all(repositories.map((repository) => client.list({ repository, branch: "master", teams: [], signal })));
  try {
    await round();
    count();
    const first = { ...spent };
    const requestsBefore = gitHub.requests.length;
    let built = 0;
    for (let poll = 1; poll <= pollsPerHour; poll += 1) {
      for (let change = 0; change < changesPerHour / pollsPerHour; change += 1) await changeSomething(gitHub, changes);
      passed += 60_000;
      await round();
      for (; built < (builders * buildsPerBuilderAndHour * poll) / pollsPerHour; built += 1) {
        const [repository, pull] = anyPull(gitHub, builds);
        const commit = pull.commits.at(-1)?.oid ?? "";
        const status = { repository, commit, context: "build/O2/o2", url: "" };
        await client.setStatus({ ...status, state: "pending", description: `Started ${built}` }, signal);
        await client.setStatus({ ...status, state: "success", description: `${built}` }, signal);
      }
      count();
    }
    const graphql = spent.graphql - first.graphql;
    const core = spent.core - first.core;
    const requests = gitHub.requests.length - requestsBefore;
    const probes = repositories.length * pollsPerHour;
    return { graphql, core, requests, unchanged: probes - (core - 4 * built), writes: 2 * built };
  } finally {
    await gitHub.close();
  }
}

async function fill(gitHub: StandIn, start: number): Promise<string[]> {
  const names = sizes.map((_, index) => `alice/repository-${index}`);
  for (const [index, repository] of names.entries()) {
    await gitHub.state.createRepository({ repository, at: start - 86_400_000 });
    for (let number = 1; number <= (sizes[index] ?? 0); number += 1) {
      await gitHub.state.openPullRequest({ repository, number, createdAt: start - 86_400_000 + number });
    }
  }
  return names;
}

async function changeSomething(gitHub: StandIn, chance: () => number): Promise<void> {
  const [repository, { number }] = anyPull(gitHub, chance);
  const kind = chance();
  if (kind < 0.4) await gitHub.state.push({ repository, number });
  else if (kind < 0.7) gitHub.state.comment({ repository, number, body: "What about this?" });
  else if (kind < 0.8) gitHub.state.review({ repository, number });
  else if (kind < 0.9) gitHub.state.close({ repository, number });
  else await gitHub.state.openPullRequest({ repository });
}

function anyPull(gitHub: StandIn, chance: () => number) {
  const open = Object.entries(gitHub.state.records.repositories).flatMap(([name, { pulls }]) =>
    Object.values(pulls).flatMap((pull) => (pull.state === "OPEN" ? [[name, pull] as const] : [])),
  );
  const chosen = open[Math.floor(chance() * open.length)];
  if (chosen === undefined) throw new Error("no pull request is open");
  return chosen;
}
