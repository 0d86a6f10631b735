import { statfs } from "node:fs/promises";
import pLimit from "p-limit";
import type { Order } from "../../api/cell/order.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { bytes } from "../../api/values/quantity.ts";
import type { Brain } from "../brain.ts";
import type { Mirrored } from "../git/mirrors.ts";

/** A task for a cell, the input of an order. */
export interface Task {
  readonly id: string;
  readonly task: Order["task"];
  readonly check: ResolvedCheck;
  readonly pullRequest?: { readonly number: number; readonly commit: string };
  /** Work areas of checks that the pool no longer has, for `clean`. */
  readonly gone?: readonly string[];
}

const fetchesAtOnce = 4;

/** Updates the mirrors of a task and returns its order. Throws MirrorFailure, or the reason of `signal`. */
export async function prepareOrder(brain: Brain, pool: BuilderPool, task: Task, signal: AbortSignal): Promise<Order> {
  const { sandbox } = brain;
  const { check, pullRequest } = task;
  const packages = task.task === "build" || task.task === "warmup" ? check.developmentPackages : [];
  const wanted = [...(pullRequest === undefined ? [] : [check]), ...packages];
  const mirrored = await fetchAll(brain, pool, wanted, task, signal);
  const own = mirrored.get(sourceKey(check));
  return {
    id: task.id,
    task: task.task,
    check,
    sources: packages.flatMap((source) => {
      const found = mirrored.get(sourceKey(source));
      return found === undefined ? [] : [{ repository: source.repository, directory: source.directory, ...found }];
    }),
    ...(pullRequest !== undefined && own !== undefined ? { pullRequest: { ...pullRequest, mirror: own.mirror } } : {}),
    paths: {
      ...{ area: sandbox.area(check.name), tools: sandbox.tools, home: sandbox.home, tmp: sandbox.tmp },
      ...secretsOf(brain, pool),
      ...(task.gone !== undefined && task.gone.length > 0 && { gone: [...task.gone] }),
    },
    limits: {
      logBytes: bytes(pool.spec.logs.maxSize),
      maxAge: milliseconds(pool.spec.cleanup.maxAge),
      minFree: await minFree(brain, pool),
    },
    gitUrl: pool.spec.github.gitUrl,
    debug: brain.settings().debug,
  };
}

/** The folder of Secrets, if the pool gives Secrets to builds. */
function secretsOf({ world }: Brain, { spec }: BuilderPool): { readonly secrets?: string } {
  const isAsked = (spec.cellSecrets ?? []).length > 0;
  return isAsked && world.secrets !== undefined ? { secrets: world.secrets } : {};
}

interface SourceName {
  readonly repository: string;
  readonly branch?: string | undefined;
}

function sourceKey({ repository, branch }: SourceName): string {
  return `${repository} ${branch ?? ""}`;
}

async function fetchAll(
  { world }: Brain,
  pool: BuilderPool,
  wanted: readonly SourceName[],
  { check, pullRequest }: Task,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Mirrored>> {
  const names = new Map(wanted.map((name) => [sourceKey(name), name]));
  const atOnce = pLimit(fetchesAtOnce);
  const fetched = [...names].map(([key, { repository, branch }]) =>
    atOnce(async () => {
      const request = {
        gitUrl: pool.spec.github.gitUrl,
        repository,
        ...(branch === undefined ? {} : { branch }),
        ...(pullRequest !== undefined && key === sourceKey(check) ? { pull: pullRequest } : {}),
        timeoutMs: milliseconds(check.timeouts.command),
      };
      return [key, await world.mirrors.fetch(request, signal)] as const;
    }),
  );
  return new Map(await Promise.all(fetched));
}

/**
 * Bytes to keep free. On a shared disk at most a tenth: an unreachable amount would empty the work area at every build.
 */
async function minFree({ world, sandbox }: Brain, pool: BuilderPool): Promise<number> {
  const wanted = bytes(pool.spec.cleanup.minFree);
  if (world.ownVolume === true) return wanted;
  const { blocks, bsize } = await statfs(sandbox.areas);
  return Math.min(wanted, Math.floor((blocks * bsize) / 10));
}
