import type { Build } from "../../../api/objects/build.ts";
import type { ResolvedCheck } from "../../../api/objects/check.ts";
import type { Stored } from "../../../api/objects/kinds.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { buildMetadataOf, buildNameOf, shadowNameOf } from "../../build/identity.ts";
import { isShadow } from "../../build/state.ts";
import { isSilentIn } from "../../definitions/ownership.ts";
import { candidateOf } from "../../pullRequest/candidate.ts";
import type { ObservedQueue, QueueAction, ShadowContext } from "../observed.ts";
import { isListed } from "../rivals.ts";
import { requestShadow, revisionsOf, silentRevisionsOf } from "./shadow.ts";

/** A Build and its shadow by name, before the shadow's spec is decided. */
interface Pair extends Pick<Parameters<typeof requestShadow>[0], "check" | "loud" | "revisions" | "blocked"> {
  readonly name: string;
}

/**
 * The writes for the shadows of a pool, and the names of the Builds that are shadows. The pool's silent builders repeat
 * its own Builds. All its builders repeat the Builds of another pool with the same check, if the check is silent here.
 */
export function planShadows(
  queue: ObservedQueue,
  context: ShadowContext,
  now: Milliseconds,
): { readonly actions: readonly QueueAction[]; readonly names: ReadonlySet<string> } {
  const { pool } = queue;
  const existing = new Map(queue.builds.map((build) => [build.metadata.name, build]));
  const pairs = pool.metadata.deletionTimestamp === undefined ? pairsOf(queue, context) : [];
  const actions = pairs.flatMap(({ name, ...pair }): readonly QueueAction[] => {
    const shadow = existing.get(name);
    const spec = requestShadow({ ...pair, pool, shadow }, now);
    if (spec === undefined) return [];
    if (shadow !== undefined) return [{ do: "update", build: { ...shadow, spec }, because: "its loud build changed" }];
    const { check: checkName, repository, number } = spec;
    const metadata = { ...buildMetadataOf(pool, { name: checkName, repository }, number), name };
    const build: Build = { apiVersion: pool.apiVersion, kind: "Build", metadata, spec };
    return [{ do: "create", build, because: "a loud builder has begun the commit" }];
  });
  const known = new Set(pairs.map(({ name }) => name));
  const lost = queue.builds.filter((build) => !known.has(build.metadata.name) && remainsShadow(queue, build));
  const deletions = lost.flatMap((build): readonly QueueAction[] =>
    isOver(queue, context, build) ? [{ do: "delete", build, because: "its loud build is gone" }] : [],
  );
  return {
    actions: [...actions, ...deletions],
    names: new Set([...known, ...lost.map(({ metadata }) => metadata.name)]),
  };
}

function pairsOf(queue: ObservedQueue, context: ShadowContext): readonly Pair[] {
  return [...ownPairs(queue, context), ...queue.checks.flatMap((check) => otherPairs(queue, context, check))];
}

/** The pool's own Builds, for its silent builders. Existing shadows stay beside their Build as a record. */
function ownPairs({ pool, builds, checks }: ObservedQueue, { builders }: ShadowContext): readonly Pair[] {
  const revisions = silentRevisionsOf(pool, builders);
  const shadows = new Set(builds.filter(isShadow).map(({ metadata }) => metadata.name));
  if (revisions.length === 0 && shadows.size === 0) return [];
  return builds.flatMap((loud) => {
    const name = shadowNameOf(loud.metadata.name);
    if (isShadow(loud) || (revisions.length === 0 && !shadows.has(name))) return [];
    const check = checkOf(checks, loud);
    return check === undefined ? [] : [{ name, check, loud, revisions, blocked: undefined }];
  });
}

/** The Builds of the pool that owns a check, for a silent pool or check with the same name. */
function otherPairs(queue: ObservedQueue, { builders }: ShadowContext, check: ResolvedCheck): readonly Pair[] {
  const { pool, ownerOf, listingOf, rivalsOf } = queue;
  const owner = ownerOf(check);
  const listing = listingOf(check);
  if (!isShadowedHere(queue, check) || owner === undefined || listing === undefined) return [];
  const revisions = revisionsOf(builders);
  return listing.pullRequests.flatMap((pullRequest) => {
    const rivals = rivalsOf?.(check, pullRequest.number) ?? [];
    const loud = rivals.find((one) => one.spec.pool === owner && !isShadow(one));
    if (loud === undefined) return [];
    const { blocked } = candidateOf(check, pullRequest, listing.teams);
    return [{ name: buildNameOf(pool.metadata.name, check, pullRequest.number), check, loud, revisions, blocked }];
  });
}

/** Whether a check is silent here and belongs to another pool, so this pool builds shadows. */
function isShadowedHere({ pool, ownerOf }: Pick<ObservedQueue, "pool" | "ownerOf">, check: ResolvedCheck): boolean {
  const owner = ownerOf(check);
  return owner !== undefined && owner !== pool.metadata.name && isSilentIn(pool, check);
}

/** Whether a shadow has nothing to repeat any more. In a pool that is being deleted, a held shadow may finish. */
function isOver(
  { pool, checks, listingOf }: ObservedQueue,
  { buildOf }: ShadowContext,
  build: Stored<"Build">,
): boolean {
  if (pool.metadata.deletionTimestamp !== undefined) return build.status?.claim === undefined;
  const isGone = checkOf(checks, build) === undefined || buildOf(build.spec.shadow?.of ?? "") === undefined;
  return isGone && isListed(build, listingOf);
}

/** Whether a Build is a shadow, and the pool did not become the owner of its check or its rival. */
function remainsShadow(queue: ObservedQueue, build: Stored<"Build">): boolean {
  const { shadow } = build.spec;
  if (shadow === undefined) return false;
  const check = checkOf(queue.checks, build);
  return shadow.pool === queue.pool.metadata.name || check === undefined || isShadowedHere(queue, check);
}

function checkOf(checks: readonly ResolvedCheck[], { spec }: Build): ResolvedCheck | undefined {
  return checks.find(({ name, repository }) => name === spec.check && repository === spec.repository);
}
