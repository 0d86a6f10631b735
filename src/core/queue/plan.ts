import type { Build, BuildSpec } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BlockedReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { buildMetadataOf, buildNameOf, hasCommitLabel, labelCommit } from "../build/identity.ts";
import { isHeld } from "../build/state.ts";
import { candidateOf } from "../pullRequest/candidate.ts";
import type { Listing, PullRequest } from "../pullRequest/pullRequest.ts";
import { hasUnpublished } from "../report/post/pending.ts";
import { unreportedVerdict } from "../report/post/plan.ts";
import { confirmationsOf, withConfirmation } from "./confirm.ts";
import type { ObservedQueue, QueueAction } from "./observed.ts";
import { opinionsOf, withOpinion } from "./opinion.ts";
import { type QueueItem, requestBuild } from "./request.ts";
import { isListed } from "./rivals.ts";
import { planShadows } from "./shadows/planShadows.ts";

export type { ObservedQueue, QueueAction };

/** A pull request that needs a Build for a check. */
interface Wanted {
  readonly check: ResolvedCheck;
  readonly pullRequest: PullRequest;
  readonly listing: Listing;
}

/**
 * The writes that bring the Builds of a pool in line with its checks and GitHub's listings, sorted by name. Unknown
 * things stay unchanged: a check without a listing, an unreadable pull request.
 */
export function planQueue(queue: ObservedQueue, now: Milliseconds): readonly QueueAction[] {
  const { pool, builds, rechecks } = queue;
  const existing = new Map(builds.map((build) => [build.metadata.name, build]));
  const wanted = wantedBuilds(queue, existing);
  const doubts = { opinions: opinionsOf(builds), confirmations: confirmationsOf(pool, builds) };
  const shadows = queue.shadows === undefined ? undefined : planShadows(queue, queue.shadows, now);
  const others = builds.filter(({ metadata: { name } }) => !wanted.has(name) && !shadows?.names.has(name));
  const actions = [
    ...(shadows?.actions ?? []).filter(isChange(existing)),
    ...[...wanted].map(([name, source]) =>
      createOrUpdate(
        queue,
        { ...source, pool, rechecks, build: existing.get(name), rivals: rivalsOf(queue, source) },
        doubts,
        now,
      ),
    ),
    ...others.map((build) => blockOrDelete(queue, build)),
  ].filter((action) => action !== undefined);
  return actions
    .filter(({ build }) => build.metadata.deletionTimestamp === undefined)
    .map(withCommitLabel)
    .sort((a, b) => (a.build.metadata.name < b.build.metadata.name ? -1 : 1));
}

function rivalsOf({ rivalsOf: find }: ObservedQueue, { check, pullRequest }: Wanted): readonly Build[] {
  return find?.(check, pullRequest.number) ?? [];
}

/** Whether an update changes the stored Build. */
function isChange(existing: ReadonlyMap<string, Build>): (action: QueueAction) => boolean {
  return (action) => action.do !== "update" || !isWritten(existing.get(action.build.metadata.name), action.build.spec);
}

function withCommitLabel(action: QueueAction): QueueAction {
  switch (action.do) {
    case "create":
      return { ...action, build: labelCommit(action.build) };
    case "update":
      return { ...action, build: labelCommit(action.build) };
    default:
      return action;
  }
}

function wantedBuilds(queue: ObservedQueue, existing: ReadonlyMap<string, Build>): ReadonlyMap<string, Wanted> {
  const { name } = queue.pool.metadata;
  const wanted = new Map<string, Wanted>();
  if (isDeleting(queue)) return wanted;
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

/** A listing from before the check named its team does not contain the members of the team. */
function knownListing({ listingOf }: ObservedQueue, check: ResolvedCheck): Listing | undefined {
  const listing = listingOf(check);
  const { team } = check.trust;
  return team === undefined || listing?.teams.has(team.toLowerCase()) ? listing : undefined;
}

/**
 * One pull request per head commit. A status belongs to a commit, so pull requests with the same head share one build.
 * Unblocked pull requests come first, then pull requests with a Build, then the lowest number.
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
 * Whether another open pull request has the same head commit and may be built. Then no "no longer open" status is
 * written, because the status would stay while the other pull request is built. A verdict that GitHub lacks is still
 * published first.
 */
function hasTwin(check: ResolvedCheck, { pullRequests, teams }: Listing, build: Build): boolean {
  const twins = pullRequests.filter(({ head }) => head.commit === build.spec.commit);
  return (
    unreportedVerdict(build) === undefined &&
    twins.some((twin) => candidateOf(check, twin, teams).blocked === undefined)
  );
}

/** The verdicts that must be checked by another build, by the name of the Build. */
interface Doubts {
  readonly opinions: ReturnType<typeof opinionsOf>;
  readonly confirmations: ReturnType<typeof confirmationsOf>;
}

/** Creates or updates the Build of an open pull request. */
function createOrUpdate(
  { pool }: ObservedQueue,
  item: QueueItem,
  { opinions, confirmations }: Doubts,
  now: Milliseconds,
): QueueAction | undefined {
  const { build, check, pullRequest } = item;
  const name = buildNameOf(pool.metadata.name, check, pullRequest.number);
  const requested = withOpinion(requestBuild(item, now), build, opinions.get(name), now);
  const { spec, because } = withConfirmation(requested, build, confirmations.get(name), now);
  if (build !== undefined) return update(build, spec, because ?? "its data on GitHub changed");
  const { apiVersion } = pool;
  const metadata = buildMetadataOf(pool, check, pullRequest.number);
  return {
    do: "create",
    build: { apiVersion, kind: "Build", metadata, spec },
    because: because ?? "it is open and already tested",
  };
}

/** The action for a Build without a wanted pull request: block it, delete it, or leave it if the reason is unknown. */
function blockOrDelete(queue: ObservedQueue, build: Stored<"Build">): QueueAction | undefined {
  const { name, repository, number, base } = { ...build.spec, name: build.spec.check };
  if (isDeleting(queue)) {
    // A held build may finish, because its builder drains.
    if (isHeld(build)) return undefined;
    return blockFor(build, "PoolDeleted", `The pool "${build.spec.pool}" is being deleted`);
  }
  const check = queue.checks.find((one) => one.name === name && one.repository === repository);
  if (check === undefined) {
    const broken = queue.broken.find((one) => one.name === name);
    if (broken !== undefined) return blockFor(build, "DefinitionError", broken.message);
    return remove(queue, build, "CheckRemoved", `the pool no longer has the check ${name} of ${repository}`);
  }
  const owner = queue.ownerOf(check);
  if (owner === undefined) return undefined;
  if (owner !== queue.pool.metadata.name) {
    return blockFor(
      build,
      "OwnedByAnotherPool",
      `${name} of ${repository} belongs to the pool "${owner}", which defined it first`,
    );
  }
  const listing = knownListing(queue, check);
  if (listing === undefined || listing.unreadable.includes(number)) return undefined;
  const isOpen = listing.pullRequests.some((pullRequest) => pullRequest.number === number);
  if (!isOpen && !hasTwin(check, listing, build)) {
    return remove(queue, build, "Closed", `it is no longer open against ${base}`);
  }
  return { do: "delete", build, because: "another pull request has the same head commit" };
}

/**
 * Deletes a Build that leaves the pool. Blocks it first while it is held or GitHub lacks something. The Build of a
 * removed check also stays until a listing shows its verdict.
 */
function remove(
  { pool, checks, listingOf }: ObservedQueue,
  build: Stored<"Build">,
  reason: BlockedReason,
  because: string,
): QueueAction | undefined {
  const isKnown = reason !== "CheckRemoved" || isListed(build, listingOf);
  if (isKnown && !hasUnpublished(build, pool, checks)) return { do: "delete", build, because };
  return blockFor(build, reason, `It is not built here: ${because}`);
}

function blockFor(build: Stored<"Build">, reason: BlockedReason, message: string): QueueAction | undefined {
  return update(build, { ...build.spec, blocked: { reason, message: message.slice(0, 1024) } }, message);
}

function update(build: Stored<"Build">, spec: BuildSpec, because: string): QueueAction | undefined {
  return isWritten(build, spec) ? undefined : { do: "update", build: { ...build, spec }, because };
}

/** Whether the stored Build has this spec, and the label of its commit. */
function isWritten(build: Build | undefined, spec: BuildSpec): boolean {
  return build !== undefined && isSame(build.spec, spec) && hasCommitLabel(build, spec);
}

function isDeleting({ pool }: ObservedQueue): boolean {
  return pool.metadata.deletionTimestamp !== undefined;
}

/** Deep equality, independent of key order. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const entries = Object.entries(a);
  return (
    entries.length === Object.keys(b).length && entries.every(([key, value]) => isSame(value, Reflect.get(b, key)))
  );
}
