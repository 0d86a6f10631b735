import { helloSources, recipes } from "../alidist/sources.ts";
import type { Files } from "../github/git/commit.ts";
import { headOf, type PullRequestRecord } from "../github/records.ts";
import type { State } from "../github/state.ts";
import { alidist, greeting, hello, pullRequests, team } from "./pullRequests.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
/** Delay between the start of a build and its overtaking push. */
const pushDelay = 4_000;
const lookEvery = 250;

/** Fills an empty stand-in with the repositories and pull requests of the demo. */
export async function createDemo(state: State): Promise<void> {
  const start = state.now() - day;
  await state.createRepository({ repository: alidist, files: recipes(), at: start });
  const { branches } = await state.createRepository({ repository: hello, files: helloSources(), at: start });
  const first = branches["master"]?.oid;
  const files = { "src/greeting.cxx": greeting('"Hello there"') };
  await state.pushBranch({ repository: hello, files, message: "Greet somebody", at: start + minute });
  state.setTeam({ organization: "alice", team, members: ["tina"] });
  for (const { pull, age, approvedBy, outdated } of pullRequests) {
    const { number } = await state.openPullRequest({
      ...pull,
      createdAt: state.now() - age * minute,
      ...(outdated === true && { from: first }),
    });
    if (approvedBy !== undefined)
      state.review({ repository: pull.repository, number, author: approvedBy, association: "MEMBER" });
  }
}

/** Pushes to a pull request some seconds after its first pending status. Returns a function that stops this. */
export function pushDuringBuilds(state: State): () => void {
  const stop = pullRequests.flatMap(({ pull: { repository, title }, laterPush }) => {
    const pull = Object.values(state.repository(repository).pulls).find((candidate) => candidate.title === title);
    return laterPush === undefined || pull === undefined ? [] : [pushOnceStarted(state, repository, pull, laterPush)];
  });
  return () => {
    for (const end of stop) end();
  };
}

function pushOnceStarted(state: State, repository: string, pull: PullRequestRecord, files: Files): () => void {
  const commit = headOf(pull).oid;
  const timer = setInterval(() => {
    const started = state.statuses(repository, commit).find(({ description }) => description?.startsWith("Started"));
    if (started === undefined || state.now() < started.createdAt + pushDelay) return;
    clearInterval(timer);
    const push = { repository, number: pull.number, files, message: "Be less patient" };
    state.push(push).catch((error: unknown) => console.error(error));
  }, lookEvery);
  return () => clearInterval(timer);
}
