import type { Build, BuildSpec } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BlockedReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { buildMetadataOf, buildNameOf } from "../build/identity.ts";
import { isHeld } from "../build/state.ts";
import { candidateOf } from "../pullRequest/candidate.ts";
import type { Listing, PullRequest } from "../pullRequest/pullRequest.ts";
import { hasUnpublished } from "../report/post/pending.ts";
import { unreportedVerdict } from "../report/post/plan.ts";
import { requestBuild, type Work } from "./request.ts";

/** Everything the plan of one pool's queue looks at. */
export interface ObservedQueue {
  readonly pool: Stored<"BuilderPool">;
  /** Its checks, and those that cannot be built as they are defined, with the sentence that says why. */
  readonly checks: readonly ResolvedCheck[];
  readonly broken: readonly { readonly name: string; readonly message: string }[];
  /** Name of the pool a check belongs to. */
  readonly ownerOf: (check: ResolvedCheck) => string | undefined;
  /** The last complete listing; undefined while there is none, which is not the same as an empty one. */
  readonly listingOf: (check: ResolvedCheck) => Listing | undefined;
  /** The pool's Builds. */
  readonly builds: readonly Stored<"Build">[];
  /** Whether what was tested is tested again until it is merged. */
  readonly rechecks: boolean;
}

/** One write. `because` is for people: a clause that says why. */
export type QueueAction =
  | { readonly do: "create"; readonly build: Build; readonly because: string }
  | { readonly do: "update"; readonly build: Stored<"Build">; readonly because: string }
  | { readonly do: "delete"; readonly build: Stored<"Build">; readonly because: string };

interface Wanted {
  readonly check: ResolvedCheck;
  readonly pullRequest: PullRequest;
  readonly listing: Listing;
}

/**
 * The writes that make the Builds of a pool what its checks and GitHub's listings say, in the order of their names; none when
 * they are that already. What is not known (no listing yet, an unreadable pull request, a broken check) is left as it is.
 */
export function planQueue(queue: ObservedQueue, now: Milliseconds): readonly QueueAction[] {
  const { pool, builds, rechecks } = queue;
  const existing = new Map(builds.map((build) => [build.metadata.name, build]));
  const wanted = wantedBuilds(queue, existing);
  const others = builds.filter(({ metadata }) => !wanted.has(metadata.name));
  const actions = [
    ...[...wanted].map(([name, work]) => provide(queue, { ...work, pool, rechecks, build: existing.get(name) }, now)),
    ...others.map((build) => settle(queue, build)),
  ].filter((action) => action !== undefined);
  return actions
    .filter(({ build }) => build.metadata.deletionTimestamp === undefined)
    .sort((a, b) => (a.build.metadata.name < b.build.metadata.name ? -1 : 1));
}

function wantedBuilds(queue: ObservedQueue, existing: ReadonlyMap<string, Build>): ReadonlyMap<string, Wanted> {
  const { name } = queue.pool.metadata;
  const wanted = new Map<string, Wanted>();
  if (isLeaving(queue)) return wanted;
  for (const check of queue.checks) {
    const listing = queue.ownerOf(check) === name ? knownListing(queue, check) : undefined;
    if (listing === undefined) continue;
    for (const pullRequest of onePerCommit(check, listing, (number) =>
      existing.has(buildNameOf(name, check, number)),
    )) {
      wanted.set(buildNameOf(name, check, pullRequest.number), { check, pullRequest, listing });
    }
  }
  return wanted;
}

/** A listing made before the check named its team does not say who is in it. */
function knownListing({ listingOf }: ObservedQueue, check: ResolvedCheck): Listing | undefined {
  const listing = listingOf(check);
  const { team } = check.trust;
  return team === undefined || listing?.teams.has(team) ? listing : undefined;
}

/**
 * A status belongs to a commit, so pull requests with the same head share one build: of one that may be built, if there is one,
 * that has a Build already, if there is one, with the lowest number.
 */
function onePerCommit(
  check: ResolvedCheck,
  listing: Listing,
  hasBuild: (number: number) => boolean,
): readonly PullRequest[] {
  const rank = (pullRequest: PullRequest) =>
    (candidateOf(check, pullRequest, listing.teams).blocked === undefined ? 0 : 2) +
    (hasBuild(pullRequest.number) ? 0 : 1);
  const byCommit = Map.groupBy(listing.pullRequests, ({ head }) => head.commit);
  return [...byCommit.values()].flatMap((twins) =>
    twins.length === 1 ? twins : twins.toSorted((a, b) => rank(a) - rank(b) || a.number - b.number).slice(0, 1),
  );
}

/**
 * Whether another pull request gets its commit a status of the check: "no longer open" would stand there while that one is built. A
 * verdict that GitHub lacks is brought there all the same.
 */
function hasHeir(check: ResolvedCheck, { pullRequests, teams }: Listing, build: Build): boolean {
  const heirs = pullRequests.filter(({ head }) => head.commit === build.spec.commit);
  return (
    unreportedVerdict(build) === undefined &&
    heirs.some((heir) => candidateOf(check, heir, teams).blocked === undefined)
  );
}

/** Creates the Build of an open pull request, or brings it up to date. */
function provide({ pool }: ObservedQueue, work: Work, now: Milliseconds): QueueAction | undefined {
  const { build, check, pullRequest } = work;
  const { spec, because } = requestBuild(work, now);
  if (build !== undefined) return respecify(build, spec, because ?? "GitHub shows it so");
  const { apiVersion } = pool;
  const metadata = buildMetadataOf(pool, check, pullRequest.number);
  return {
    do: "create",
    build: { apiVersion, kind: "Build", metadata, spec },
    because: because ?? "it is open and tested",
  };
}

/** What becomes of a Build that no known listing asks for. */
function settle(queue: ObservedQueue, build: Stored<"Build">): QueueAction | undefined {
  const { name, repository, number, base } = { ...build.spec, name: build.spec.check };
  if (isLeaving(queue)) {
    // What runs may end: its builder drains.
    if (isHeld(build)) return undefined;
    return blockFor(build, "PoolDeleted", `The pool "${build.spec.pool}" is being deleted`);
  }
  const check = queue.checks.find((one) => one.name === name && one.repository === repository);
  if (check === undefined) {
    const broken = queue.broken.find((one) => one.name === name);
    if (broken !== undefined) return blockFor(build, "DefinitionError", broken.message);
    return leave(queue, build, "CheckRemoved", `the pool no longer has the check ${name} of ${repository}`);
  }
  const owner = queue.ownerOf(check);
  if (owner === undefined) return undefined;
  if (owner !== queue.pool.metadata.name) {
    return blockFor(
      build,
      "OwnedByAnotherPool",
      `${name} of ${repository} belongs to the pool "${owner}", which named it first`,
    );
  }
  const listing = knownListing(queue, check);
  if (listing === undefined || listing.unreadable.includes(number)) return undefined;
  const isOpen = listing.pullRequests.some((pullRequest) => pullRequest.number === number);
  if (!isOpen && !hasHeir(check, listing, build)) {
    return leave(queue, build, "Closed", `it is no longer open against ${base}`);
  }
  return { do: "delete", build, because: "another pull request has the same head commit" };
}

/** What runs is stopped first, and GitHub hears the last verdict, or that none follows. */
function leave(
  { pool, checks }: ObservedQueue,
  build: Stored<"Build">,
  reason: BlockedReason,
  because: string,
): QueueAction | undefined {
  if (!hasUnpublished(build, pool, checks)) return { do: "delete", build, because };
  return blockFor(build, reason, `It is not built here: ${because}`);
}

function blockFor(build: Stored<"Build">, reason: BlockedReason, message: string): QueueAction | undefined {
  return respecify(build, { ...build.spec, blocked: { reason, message: message.slice(0, 1024) } }, message);
}

function respecify(build: Stored<"Build">, spec: BuildSpec, because: string): QueueAction | undefined {
  return isSame(build.spec, spec) ? undefined : { do: "update", build: { ...build, spec }, because };
}

function isLeaving({ pool }: ObservedQueue): boolean {
  return pool.metadata.deletionTimestamp !== undefined;
}

/** By value, whatever the order of the keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const entries = Object.entries(a);
  return (
    entries.length === Object.keys(b).length && entries.every(([key, value]) => isSame(value, Reflect.get(b, key)))
  );
}
