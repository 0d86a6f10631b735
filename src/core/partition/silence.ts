import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";

/** The parts of a queue view that silence depends on. */
export interface SilenceView {
  readonly self: string;
  readonly builders: readonly Builder[];
  /** Whether the pool is silent. Then all its builders are, and they share all work. */
  readonly isPoolSilent?: boolean;
}

/** What silence leaves to one builder. */
export interface Company {
  /** The builders that share work with this builder. */
  readonly builders: readonly Builder[];
  /** Whether this builder may claim a Build, as far as silence decides. */
  mayClaim(build: Build): boolean;
}

/** Whether a builder gives only silent verdicts, after all overrides. */
export function isSilentBuilder({ spec, status }: Builder): boolean {
  return status?.silent ?? spec.silent ?? false;
}

/** Whether builders of a revision are silent because a rollout of the pool tries it, or has not tried it yet. */
export function isRevisionOnTrial(pool: Pick<BuilderPool, "status"> | undefined, revision: string): boolean {
  const canary = pool?.status?.canary;
  return canary !== undefined && !canary.loudRevisions.includes(revision);
}

/** Whether a pool has a loud builder, in any phase. Without one, its silent builders build and remember everything. */
export function hasLoudBuilder(builders: readonly Builder[]): boolean {
  return builders.some((one) => one.metadata.deletionTimestamp === undefined && !isSilentBuilder(one));
}

/**
 * The builders that share work with `self`, and the Builds that `self` may claim.
 *
 * - Loud builders share the Builds of the pool. A silent builder does not count among them.
 * - Silent builders build shadows of these Builds, each shadow once for each revision.
 * - In a silent pool, and in a pool without a loud builder, all builders share all Builds. A silent verdict of a silent
 *   builder does not answer a loud request, so that builder does not build the same commit again.
 */
export function companyOf({ self, builders, isPoolSilent = false }: SilenceView): Company {
  const own = builders.find(({ metadata }) => metadata.name === self);
  const isSilent = own !== undefined && !isPoolSilent && isSilentBuilder(own);
  const isApart = isSilent && hasLoudBuilder(builders);
  const revision = own?.status?.revision;
  const isBeside = (builder: Builder) => isSilentBuilder(builder) === isSilent;
  return {
    builders: isPoolSilent || (isSilent && !isApart) ? builders : builders.filter(isBeside),
    mayClaim(build) {
      const { shadow, pool } = build.spec;
      if (shadow !== undefined)
        return shadow.revision !== undefined && shadow.revision === revision && (isApart || shadow.pool !== pool);
      return !isApart && !(isSilent && hasSilentAnswer(build));
    },
  };
}

/** Whether the current commit of a loud Build has only a silent verdict. */
function hasSilentAnswer({ spec, status }: Build): boolean {
  return spec.silent !== true && status?.verdict?.commit === spec.commit && status.verdict.silent;
}

/**
 * Whether a silent builder must give a loud build up, because a loud builder is idle. The loud build then starts there
 * at once.
 */
export function yieldsToLoud(build: Build, view: SilenceView & { readonly idle: ReadonlySet<string> }): boolean {
  if (build.spec.shadow !== undefined || build.spec.silent === true || view.isPoolSilent === true) return false;
  const own = view.builders.find(({ metadata }) => metadata.name === view.self);
  if (own === undefined || !isSilentBuilder(own)) return false;
  return view.builders.some((one) => view.idle.has(one.metadata.name) && !isSilentBuilder(one));
}
