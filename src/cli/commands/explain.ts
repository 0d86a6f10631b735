import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { isSameName } from "../../api/values/gitHubName.ts";
import { isHeld } from "../../core/build/state.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import { checkOwnersOf, isSilentIn } from "../../core/definitions/ownership.ts";
import { explainBuild } from "../../core/queue/explain.ts";
import { lowerFirstWord } from "../../core/queue/sentence.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { systemClock } from "../../system/clock.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { attention } from "../output/attention.ts";
import { printable } from "../output/printable.ts";
import type { Place } from "../place/place.ts";
import { withStore } from "../place/withStore.ts";

interface PullRequestName {
  readonly repository: string;
  readonly number: number;
}

/** `builderpool explain`: prints one sentence for each check of the repository. */
export async function explainCommand(request: PullRequestName, place: Place): Promise<void> {
  await withStore(place, false, async (store) => {
    const sentences = await explainPullRequest(store, request, systemClock.now());
    if (sentences.length === 0)
      throw new CommandError(
        exitCodes.usage,
        `no check of any pool tests ${request.repository}; to list the checks: builderpool get pools -o yaml`,
      );
    const problems = await problemsAround(store, request.repository);
    const paragraphs = [sentences, await mergeQueueNotes(store, request), problems].filter((lines) => lines.length > 0);
    process.stdout.write(`${paragraphs.map((lines) => lines.map(printable).join("\n")).join("\n\n")}\n`);
  });
}

/** What a green pull request may still wait for. No listing shows whether its branch has a merge queue. */
export async function mergeQueueNotes(store: ObjectStore, request: PullRequestName): Promise<readonly string[]> {
  const builds = await store.list("Build");
  const isGreen = builds.some(
    ({ spec }) =>
      isSameName(spec.repository, request.repository) &&
      spec.number === request.number &&
      spec.group === "succeeded" &&
      spec.silent !== true,
  );
  if (!isGreen) return [];
  return [
    "merge queues are not served: a commit of a branch gh-readonly-queue/... gets no status, so GitHub removes a pull request from the queue if it waits there for a check of builderpool",
  ];
}

/** Problems of the pools that test the repository, and of their builders. They are often the real reason. */
async function problemsAround(store: ObjectStore, repository: string): Promise<readonly string[]> {
  const [pools, builders] = await Promise.all([store.list("BuilderPool"), store.list("Builder")]);
  const concerned = pools.filter((pool) =>
    poolChecksOf(pool).checks.some((check) => isSameName(check.repository, repository)),
  );
  const names = concerned.map(({ metadata }) => metadata.name);
  return attention({ pools: concerned, builders: builders.filter(({ spec }) => names.includes(spec.pool)) });
}

/**
 * One sentence per check of the repository, also for checks without a Build, in the order of the pools and their
 * checks.
 */
export async function explainPullRequest(
  store: ObjectStore,
  request: PullRequestName,
  now: number,
): Promise<readonly string[]> {
  const [pools, builders, builds] = await Promise.all([
    store.list("BuilderPool"),
    store.list("Builder"),
    store.list("Build"),
  ]);
  const ownerOf = checkOwnersOf(pools);
  const otherOwner = (pool: Stored<"BuilderPool">, check: ResolvedCheck) => {
    const owner = ownerOf(check);
    if (owner === pool.metadata.name || isSilentIn(pool, check)) return undefined;
    return pools.find(({ metadata }) => metadata.name === owner);
  };
  return pools.flatMap((pool) => {
    const mine = <T extends { readonly spec: { readonly pool: string } }>(objects: readonly T[]) =>
      objects.filter(({ spec }) => spec.pool === pool.metadata.name);
    const around = {
      builds: mine(builds),
      builders: mine(builders),
      partition: pool.spec.partition,
      fairness: pool.spec.fairness,
      isPoolSilent: pool.spec.silent,
      now,
    };
    const { checks, broken } = poolChecksOf(pool);
    const sentences = checks
      .filter(({ repository }) => isSameName(repository, request.repository))
      .map((check) => {
        const build = around.builds.find(
          ({ spec }) =>
            (spec.shadow === undefined || spec.shadow.pool !== spec.pool) &&
            spec.check === check.name &&
            spec.number === request.number &&
            isSameName(spec.repository, request.repository),
        );
        const owner = otherOwner(pool, check);
        if (owner !== undefined && !(build !== undefined && isHeld(build)))
          return ownedElsewhereSentence(pool, owner, check);
        return build === undefined ? missingBuildSentence(pool, check, request) : explainBuild(build, around);
      });
    const concerned = broken.filter(({ index }) => mayTest(pool, index, request.repository));
    return [...sentences, ...concerned.map(({ name, message }) => `${name}: not built (DefinitionError): ${message}`)];
  });
}

/** Another pool builds the check. The state of that pool tells whether the check is built at all. */
function ownedElsewhereSentence(
  pool: Stored<"BuilderPool">,
  { metadata, spec, status }: Stored<"BuilderPool">,
  { name, repository }: ResolvedCheck,
): string {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const state =
    metadata.deletionTimestamp !== undefined
      ? "is being deleted"
      : ready?.status === "False"
        ? `is not ready: ${lowerFirstWord(ready.message)}`
        : `has ${status?.ready ?? 0} of ${spec.instances + (status?.outside ?? 0)} builders ready`;
  return (
    `${name}: not built (OwnedByAnotherPool) by the pool "${pool.metadata.name}": ` +
    `${name} of ${repository} belongs to the pool "${metadata.name}", which ${state}`
  );
}

/** Whether a broken check may be about the repository: it names the repository, or nobody named any. */
function mayTest({ spec }: Stored<"BuilderPool">, index: number | undefined, repository: string): boolean {
  const named = (index === undefined ? undefined : spec.checks?.[index]?.repository) ?? spec.repository;
  return named === undefined || isSameName(named, repository);
}

function missingBuildSentence(
  pool: Stored<"BuilderPool">,
  check: { readonly name: string; readonly branch: string },
  { repository, number }: PullRequestName,
): string {
  const listing = pool.status?.listings?.find(
    (one) => isSameName(one.repository, repository) && one.branch === check.branch,
  );
  if (listing?.listedAt === undefined) {
    return `${check.name}: builderpool has not listed the pull requests of ${repository} against ${check.branch} yet${listing?.message === undefined ? "" : `: ${listing.message}`}`;
  }
  // A fresh listing keeps its first time, so the time says nothing about the last listing.
  const found = `${check.name}: ${repository}#${number} is not open against ${check.branch} (${listing.pullRequests} open`;
  return listing.stale
    ? `${found} at ${listing.listedAt}, not listed since: ${listing.message})`
    : `${found} in the last listing)`;
}
