import { hash } from "node:crypto";
import type { Order } from "../../api/cell/order.ts";
import type { BuilderStatus, CheckBase } from "../../api/objects/builder.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";

const mostBases = 100;

/** The facts of a check, besides commits, that decide which packages its base needs and how they are built. */
export function baseFactsOf({ package: name, tool, defaults, architecture, remoteStore, env }: ResolvedCheck) {
  return [name, tool.alibuild, defaults, architecture, remoteStore, env] as const;
}

/**
 * A short hash of the commits of an order's sources, and of the check's facts about its base. Equal hashes mean the
 * same base. An earlier version hashed only the commits, so its hash counts as other commits.
 */
export function commitsHashOf({ check, sources }: Pick<Order, "check" | "sources">): string {
  const lines = sources.map(({ directory, commit }) => `${directory} ${commit}`).sort();
  return hash("sha256", JSON.stringify([lines, baseFactsOf(check)]), "hex").slice(0, 32);
}

/**
 * The known bases with the newest fact about one check. A base that stays broken keeps the time of its first failure.
 */
export function withBase(known: readonly CheckBase[] = [], fact: CheckBase): CheckBase[] {
  const before = known.find(({ check }) => check === fact.check);
  const since = before?.broken?.reason === fact.broken?.reason ? before?.broken?.since : undefined;
  const isSame = before?.commits === fact.commits;
  const next: CheckBase = {
    ...(isSame && before?.compiled !== undefined && { compiled: before.compiled }),
    ...fact,
    ...(fact.broken !== undefined && { broken: { ...fact.broken, since: since ?? fact.broken.since } }),
  };
  return [next, ...known.filter(({ check }) => check !== fact.check)].slice(0, mostBases);
}

/**
 * Whether the builder is at fault for a base that does not compile: the very same commits compiled on another builder,
 * or here before.
 */
export function isBuilderFault(
  fact: Pick<CheckBase, "check" | "commits" | "compiled">,
  others: readonly (readonly CheckBase[])[],
): boolean {
  if (fact.compiled !== false) return false;
  return others.some((bases) =>
    bases.some(({ check, commits, compiled }) => check === fact.check && commits === fact.commits && compiled === true),
  );
}

/** A base branch that cannot be built alone, and the checks that it stops. */
export type BrokenBase = NonNullable<CheckBase["broken"]> & { readonly checks: readonly string[] };

/**
 * The broken bases, each once, the oldest first. The newest observation of a check counts. `since` is the first time
 * that any builder saw the base broken.
 */
export function brokenBasesOf(
  builders: readonly { readonly status?: Pick<BuilderStatus, "bases"> | undefined }[],
): readonly BrokenBase[] {
  const all = builders.flatMap(({ status }) => status?.bases ?? []);
  const latest = new Map<string, CheckBase>();
  for (const base of all) {
    if (Date.parse(base.at) >= Date.parse(latest.get(base.check)?.at ?? base.at)) latest.set(base.check, base);
  }
  const found = new Map<string, BrokenBase>();
  for (const { check, broken } of latest.values()) {
    if (broken === undefined) continue;
    const since = all.flatMap((base) => (base.broken?.message === broken.message ? [base.broken.since] : [])).sort()[0];
    const checks = [...(found.get(broken.message)?.checks ?? []), check];
    found.set(broken.message, { ...broken, since: since ?? broken.since, checks: checks.sort() });
  }
  return [...found.values()].sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
}
