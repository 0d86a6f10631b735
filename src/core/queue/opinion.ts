import type { Build, BuildSpec } from "../../api/objects/build.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isWanted } from "../build/state.ts";
import { currentRedsOf, streaksOf } from "../verdict/streak.ts";
import type { Request } from "./request.ts";

/** What the streaks of red verdicts require of one Build. */
type Opinion = NonNullable<BuildSpec["opinion"]>;

/**
 * The Builds that streaks of red verdicts concern, by name. An open streak asks a second opinion on its oldest red
 * verdict. If that opinion confirms the verdict, the newer ones still wait for theirs, and the next red verdict asks
 * again. So a truly red pull request hides no wrong verdict. A refuted streak withdraws all its red verdicts.
 */
export function opinionsOf(builds: readonly Build[]): ReadonlyMap<string, Opinion> {
  const opinions = new Map<string, Opinion>();
  for (const { builder, state, reds } of streaksOf(builds)) {
    if (state === "None") continue;
    const current = currentRedsOf(reds);
    const isAsked = reds.some(({ build }) => isWanted(build) && build.spec.opinion?.of === builder);
    const kind = state === "Open" ? "Second" : "Withdrawn";
    for (const { build, verdict } of state === "Refuted" ? current : isAsked ? [] : current.slice(-1)) {
      opinions.set(build.metadata.name, { kind, of: builder, attempt: verdict.attempt });
    }
  }
  return opinions;
}

/** The request of a Build with the opinion that it needs. An opinion stays until the Build has a later verdict. */
export function withOpinion(
  requested: Request,
  build: Build | undefined,
  opinion: Opinion | undefined,
  now: Milliseconds,
): Request {
  const last = build?.status?.verdict;
  const { spec } = requested;
  if (build === undefined || last === undefined || last.commit !== spec.commit) return requested;
  const before = build.spec.opinion?.attempt === last.attempt ? build.spec.opinion : undefined;
  const next = opinion?.attempt === last.attempt ? opinion : before;
  if (next === undefined) return requested;
  const group = next.kind === "Second" ? ("failed" as const) : ("untested" as const);
  if (isWanted({ ...build, spec })) return { ...requested, spec: { ...spec, group, opinion: next } };
  const requestedAt = new Date(now).toISOString();
  const because =
    next.kind === "Second"
      ? `"${next.of}" gave three red verdicts in a row, and a second opinion is needed`
      : `the red verdict of "${next.of}" was withdrawn`;
  return { spec: { ...spec, group, request: spec.request + 1, requestedAt, opinion: next }, because };
}
