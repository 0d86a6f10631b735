import type { Build, BuildSpec } from "../../api/objects/build.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isWanted } from "../build/state.ts";
import { trialsOf } from "../comparison/trials.ts";
import type { Request } from "./request.ts";

type Confirm = NonNullable<BuildSpec["confirm"]>;

/**
 * The loud Builds with a verdict that a canary doubts, by name. One doubt at a time is new: a bad revision then costs
 * one build. Known doubts stay until the trial of the revision ends.
 */
export function confirmationsOf(
  { metadata, status }: Pick<BuilderPool, "metadata" | "status">,
  builds: readonly Build[],
): ReadonlyMap<string, Confirm> {
  const { revision, phase } = status?.canary ?? {};
  if (revision === undefined || phase !== "Testing") return new Map();
  const known = new Map<string, Confirm>();
  for (const { metadata: own, spec } of builds) {
    if (spec.confirm?.revision === revision) known.set(own.name, spec.confirm);
  }
  const doubts = trialsOf(metadata.name, builds)
    .filter((trial) => trial.revision === revision && trial.outcome === "Differs")
    .map(({ build }) => build)
    .sort();
  const next = doubts.some((name) => known.has(name)) ? undefined : doubts[0];
  const attempt = builds.find((build) => build.metadata.name === next)?.status?.verdict?.attempt;
  return next === undefined || attempt === undefined ? known : known.set(next, { revision, attempt });
}

/** The request of a Build with the doubt about its verdict. A new doubt requests the build once more. */
export function withConfirmation(
  requested: Request,
  build: Build | undefined,
  confirm: Confirm | undefined,
  now: Milliseconds,
): Request {
  const { spec } = requested;
  const last = build?.status?.verdict;
  if (confirm === undefined || build === undefined || last === undefined) return requested;
  if (build.spec.commit !== spec.commit || last.commit !== spec.commit) return requested;
  const isKnown = build.spec.confirm?.attempt === confirm.attempt;
  if (isKnown || isWanted({ ...build, spec })) return { ...requested, spec: { ...spec, confirm } };
  const requestedAt = new Date(now).toISOString();
  const because = `a canary of revision ${confirm.revision} disagrees with its verdict`;
  return { spec: { ...spec, request: spec.request + 1, requestedAt, confirm }, because };
}
