import { statfs } from "node:fs/promises";
import pLimit from "p-limit";
import { cellOfTask, type Order } from "../../api/cell/order.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { bytes } from "../../api/values/quantity.ts";
import { checkDirectoryOf } from "../../core/report/log/paths.ts";
import type { AreaName } from "../areas/plan.ts";
import type { Brain } from "../brain.ts";
import type { Mirrored } from "../git/mirrors.ts";

/** A task for a cell, the input of an order. */
export interface Task {
  readonly id: string;
  readonly task: Order["task"];
  readonly check: ResolvedCheck;
  /** The cell of the order, by default the first cell of the task. */
  readonly cell?: Order["cell"];
  readonly pullRequest?: { readonly number: number; readonly commit: string };
  /** Whether a comparison needs another build of the same commit. */
  readonly again?: boolean;
  /** Base work areas of checks that the pool no longer has, for `clean`. */
  readonly gone?: readonly string[];
  /** The work area to empty, for `delete`. */
  readonly area?: string;
}

const fetchesAtOnce = 4;
/** All pull requests of a check with a shared tree use this work area. */
const sharedArea = 0;

/** The work area of a pull request. */
export function areaOf(
  { name, sharedTree }: Pick<ResolvedCheck, "name" | "sharedTree">,
  pullRequest: number,
): AreaName {
  return { folder: checkDirectoryOf(name), name: String(sharedTree ? sharedArea : pullRequest) };
}

/**
 * Updates the mirrors of a task and returns its order. Throws MirrorFailure, RefusedCommit, or the reason of `signal`.
 */
export async function prepareOrder(brain: Brain, pool: BuilderPool, task: Task, signal: AbortSignal): Promise<Order> {
  const { check, pullRequest } = task;
  const packages = task.task === "build" || task.task === "warmup" ? check.developmentPackages : [];
  const wanted = [...(pullRequest === undefined ? [] : [check]), ...packages];
  const mirrored = await fetchAll(brain, pool, wanted, task, signal);
  const own = mirrored.get(sourceKey(check));
  return {
    id: task.id,
    cell: task.cell ?? cellOfTask(task.task),
    task: task.task,
    check,
    sources: packages.flatMap((source) => {
      const found = mirrored.get(sourceKey(source));
      return found === undefined ? [] : [{ repository: source.repository, directory: source.directory, ...found }];
    }),
    ...(pullRequest !== undefined && own !== undefined ? { pullRequest: { ...pullRequest, mirror: own.mirror } } : {}),
    ...(task.again === true && { again: true }),
    paths: {
      ...pathsOf(brain, task),
      ...secretsOf(brain, pool),
      ...(task.gone !== undefined && task.gone.length > 0 && { gone: [...task.gone] }),
    },
    limits: {
      logBytes: bytes(pool.spec.logs.maxSize),
      maxAge: milliseconds(pool.spec.cleanup.maxAge),
      minFree: await minFreeOf(brain, pool),
    },
    gitUrl: pool.spec.github.gitUrl,
    debug: brain.settings().debug,
  };
}

/**
 * The order that builds the dependencies of an order in the base, from the same commits. It holds nothing of the pull
 * request.
 */
export function baseOrderOf({ sandbox }: Pick<Brain, "sandbox">, order: Order, id: string): Order {
  const { pullRequest: _, paths, ...rest } = order;
  const { secrets } = paths;
  const own = { ...basePathsOf(sandbox, order.check), ...(secrets !== undefined && { secrets }) };
  return { ...rest, id, cell: "base", task: "warmup", dependenciesOnly: true, paths: own };
}

/** The folders of an order. A self-test of the build cell needs no work area, so it gets TMPDIR. */
function pathsOf({ sandbox }: Brain, { task, check, cell, pullRequest, area }: Task): Order["paths"] {
  const { tools, home, tmp } = sandbox;
  if ((cell ?? cellOfTask(task)) === "base") return basePathsOf(sandbox, check);
  const base = sandbox.base(check.name);
  if (pullRequest === undefined) return { area: area ?? tmp, tools, home, tmp };
  return { area: sandbox.area(areaOf(check, pullRequest.number)), base, tools, home, tmp };
}

function basePathsOf({ base, tools, baseOwn }: Brain["sandbox"], { name }: ResolvedCheck): Order["paths"] {
  return { area: base(name), tools, home: baseOwn.home, tmp: baseOwn.tmp };
}

/** The folder of Secrets, if the pool gives Secrets to builds. */
function secretsOf({ world }: Brain, { spec }: BuilderPool): { readonly secrets?: string } {
  const isAsked = (spec.cellSecrets ?? []).length > 0;
  return isAsked && world.secrets !== undefined ? { secrets: world.secrets } : {};
}

/** The server of a pool's repositories, and the Secret that it wants. */
export function remoteOf({ spec: { github } }: BuilderPool) {
  return { gitUrl: github.gitUrl, ...(github.gitSecretRef && { gitSecret: github.gitSecretRef.name }) };
}

interface SourceName {
  readonly repository: string;
  readonly branch?: string | undefined;
}

/** A repository in other letters is one repository with one mirror. */
function sourceKey({ repository, branch }: SourceName): string {
  return `${repository.toLowerCase()} ${branch ?? ""}`;
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
        ...remoteOf(pool),
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
export async function minFreeOf({ world, sandbox }: Brain, pool: BuilderPool): Promise<number> {
  const wanted = bytes(pool.spec.cleanup.minFree);
  if (world.ownVolume === true) return wanted;
  const { blocks, bsize } = await statfs(sandbox.areas);
  return Math.min(wanted, Math.floor((blocks * bsize) / 10));
}
