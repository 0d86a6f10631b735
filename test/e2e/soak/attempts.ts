import type { Build, Claim } from "../../../src/api/objects/build.ts";
import type { Recorded } from "../../support/up/recorder.ts";

/** One attempt of a Build, with its end. */
export interface Attempt extends Pick<Claim, "builder" | "commit" | "request" | "attempt"> {
  readonly pool: string;
  /** Whether the Build was a shadow at the claim, or became a shadow during the attempt. */
  readonly isShadow: boolean;
  /** Milliseconds. */
  readonly since: number;
  /** `Verdict`, `SilentVerdict`, the reason of a failed attempt, or undefined while the attempt runs. */
  readonly end?: string;
}

/** All attempts in a history of writes, oldest first. */
export function attemptsOf(writes: readonly Recorded[]): readonly Attempt[] {
  const attempts = new Map<string, Attempt>();
  const builds = new Map<string, Build>();
  for (const { kind, object } of writes) {
    if (kind !== "Build") continue;
    const { uid = "" } = object.metadata;
    const before = builds.get(uid)?.status?.claim;
    builds.set(uid, object);
    const claim = object.status?.claim;
    if (before !== undefined && before.attempt !== claim?.attempt) {
      const key = `${uid} ${before.attempt}`;
      const attempt = attempts.get(key);
      if (attempt !== undefined) attempts.set(key, { ...attempt, end: endOf(object, before.attempt) });
    }
    if (claim === undefined) continue;
    const { builder, commit, request, attempt, since } = claim;
    const { pool, shadow } = object.spec;
    const isShadow = shadow !== undefined || attempts.get(`${uid} ${attempt}`)?.isShadow === true;
    attempts.set(`${uid} ${attempt}`, { pool, builder, commit, request, attempt, isShadow, since: Date.parse(since) });
  }
  return [...attempts.values()];
}

function endOf({ status }: Build, attempt: number): string {
  const { verdict } = status ?? {};
  if (verdict?.attempt === attempt) return verdict.silent ? "SilentVerdict" : "Verdict";
  return status?.trouble?.reason ?? "Superseded";
}
