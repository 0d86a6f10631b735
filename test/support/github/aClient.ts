import { expect, onTestFinished } from "vitest";
import type { Listing } from "../../../src/core/pullRequest/pullRequest.ts";
import { createGitHub } from "../../../src/github/client.ts";
import { GitHubError } from "../../../src/github/github.ts";
import { keptLog } from "../keptLog.ts";
import { leapingClock } from "../leapingClock.ts";
import { startStandIn } from "./standIn.ts";

export const repository = "AliceO2Group/AliceO2";
export const branch = "dev";
export const signal = new AbortController().signal;
/** Long ago, so that no reading happens in the second of the last change. */
export const longAgo = Date.now() - 86_400_000;

/**
 * The client of `src/github` and a stand-in with one repository. Only the test advances the clock. With `isOld` every
 * change on GitHub happens long ago, so that the client reads nothing again only because it has just changed.
 */
export async function aClient({ isOld = false }: { readonly isOld?: boolean } = {}) {
  const clock = leapingClock();
  const gitHub = await startStandIn(isOld ? { now: () => longAgo + clock.monotonic() } : {});
  const log = keptLog();
  const client = createGitHub({ apiUrl: gitHub.apiUrl, credential: { token: gitHub.token }, clock, log });
  await gitHub.state.createRepository({ repository, branch });
  onTestFinished(async () => {
    await gitHub.close();
    expect(JSON.stringify(log.lines)).not.toContain(gitHub.token);
  });
  let seen = { requests: 0, points: 0 };

  const open = (wish: object = {}) => gitHub.state.openPullRequest({ repository, createdAt: longAgo, ...wish });
  const list = (wish: { repository?: string; teams?: readonly string[] } = {}): Promise<Listing> =>
    client.list({ repository, branch, teams: [], signal, ...wish });

  return {
    gitHub,
    clock,
    log,
    client,
    open,
    async openMany(count: number) {
      for (let number = 1; number <= count; number += 1) await open({ number });
    },
    list,
    numbers: async () => (await list()).pullRequests.map(({ number }) => number),
    only: async () => (await list()).pullRequests[0],
    /** The first commit of a pull request. */
    commitOf: (number: number) => gitHub.state.pullRequest(repository, number).commits[0]?.oid ?? "",
    /** The requests since the last call, and their cost in points. */
    newRequests(): string {
      const points = client.budgets().find(({ resource }) => resource === "graphql")?.used ?? 0;
      const fresh = gitHub.requests.slice(seen.requests).map(({ method }) => (method === "GET" ? "probe" : "graphql"));
      const text = `${fresh.join(" ")}, ${points - seen.points} points`;
      seen = { requests: gitHub.requests.length, points };
      return text;
    },
  };
}

/** The error code of the work, or the text `none` after a success. */
export function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => (error instanceof GitHubError ? error.code : String(error)),
  );
}
