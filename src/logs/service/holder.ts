import { z } from "zod";
import { apiVersion, poolLabel, pullRequestLabel } from "../../api/objects/group.ts";
import { formerLogDirectoryOf, logDirectoryOf } from "../../core/report/log/paths.ts";
import type { Clock } from "../../system/clock.ts";
import { createBuckets } from "./buckets.ts";

/** A builder, as its token names it. */
export interface Builder {
  readonly builder: string;
  readonly pool: string;
}

/**
 * Whether the log directory belongs to a Build that the builder holds, or that it built last at this commit. Rejects
 * with TooManyRequests, or if the API server gives no answer.
 */
export type Holding = (builder: Builder, directory: string) => Promise<boolean>;

/** Settings of the lookup. */
export interface HoldingOptions {
  /** Base URL of the API server. */
  readonly apiServer: string;
  /** The service's own token, with the right to list Builds. */
  ownToken(): Promise<string>;
  /** The namespace of the Builds. */
  readonly namespace: string;
  readonly clock: Pick<Clock, "monotonic">;
}

/** A request that exceeds a limit. A later request may succeed. */
export class TooManyRequests extends Error {
  override readonly name = "TooManyRequests";
}

/** Timeout of one lookup, in milliseconds. */
const lookupLimit = 10_000;
/** Milliseconds that a positive result is cached: the log and its page arrive one after the other. */
const cacheAge = 5_000;
const cacheSize = 1_000;
/** A builder sends two files for each build. More lookups come from retries or from a thief. */
const lookups = { burst: 20, perSecond: 1 };

const Work = z.object({ builder: z.string(), commit: z.string() });
const Builds = z.object({
  items: z.array(
    z.object({
      spec: z.object({
        pool: z.string(),
        repository: z.string(),
        number: z.number(),
        check: z.string(),
        shadow: z.looseObject({}).optional(),
      }),
      status: z
        .object({ claim: Work.optional(), verdict: Work.optional(), history: z.array(Work).default([]) })
        .optional(),
    }),
  ),
});
type FoundBuild = z.infer<typeof Builds>["items"][number];

/**
 * Looks up the Build behind a log directory at the API server. A negative result is never cached, so a builder can
 * write directly after its claim.
 */
export function createHolding({ apiServer, ownToken, namespace, clock }: HoldingOptions): Holding {
  const known = new Map<string, number>();
  const buckets = createBuckets(lookups, clock);

  async function list(pool: string, number: string): Promise<readonly FoundBuild[]> {
    const labelSelector = `${poolLabel}=${pool},${pullRequestLabel}=${number}`;
    const address = `${apiServer}/apis/${apiVersion}/namespaces/${namespace}/builds`;
    const response = await fetch(`${address}?labelSelector=${encodeURIComponent(labelSelector)}`, {
      headers: { Authorization: `Bearer ${(await ownToken()).trim()}` },
      signal: AbortSignal.timeout(lookupLimit),
    });
    if (!response.ok) throw new Error(`the API server answered ${response.status} to a list of Builds`);
    return Builds.parse(await response.json()).items;
  }

  return async ({ builder, pool }, directory) => {
    const key = `${builder} ${directory}`;
    if (clock.monotonic() < (known.get(key) ?? Number.NEGATIVE_INFINITY)) return true;
    if (!buckets.take(builder)) throw new TooManyRequests(`"${builder}" asks too often`);
    const number = directory.split("/")[2] ?? "";
    const builds = await list(pool, number);
    const holds = builds.some((build) => build.spec.pool === pool && isHolder(build, builder, directory));
    known.delete(key);
    if (holds) {
      if (known.size >= cacheSize) known.delete(known.keys().next().value ?? key);
      known.set(key, clock.monotonic() + cacheAge);
    }
    return holds;
  };
}

/**
 * The claim counts, and the newest verdict on the commit of the directory. An older verdict on the same commit does not:
 * the directory then belongs to the later build.
 */
function isHolder({ spec, status }: FoundBuild, builder: string, directory: string): boolean {
  const { claim, verdict, history = [] } = status ?? {};
  const isHere = ({ commit }: { readonly commit: string }) =>
    logDirectoryOf({ ...spec, commit }) === directory ||
    (spec.shadow === undefined && formerLogDirectoryOf({ ...spec, commit }) === directory);
  if (claim !== undefined && claim.builder === builder && isHere(claim)) return true;
  return [...(verdict === undefined ? [] : [verdict]), ...history].find(isHere)?.builder === builder;
}
