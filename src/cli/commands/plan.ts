import { isDeepStrictEqual } from "node:util";
import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import { membersOf } from "../../core/pool/builder/member.ts";
import { ordinalOf, type Pod } from "../../core/pool/builder/pod.ts";
import { forecast } from "../../core/pool/forecast.ts";
import { refusalOf } from "../../core/pool/manifest/refusal.ts";
import type { ObservedPool } from "../../core/pool/observed.ts";
import { readPoolFiles } from "../../local/pools/poolFiles.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { systemClock } from "../../system/clock.ts";
import { CommandError, exitCodes } from "../exit.ts";
import type { Cluster } from "../place/cluster.ts";
import type { Place } from "../place/place.ts";
import { withStore } from "../place/withStore.ts";

/** `builderpool plan`: prints the changes in the files and the resulting steps of the operator. Writes nothing. */
export async function planCommand(files: readonly string[], place: Place): Promise<void> {
  const { pools, problems } = await readPoolFiles(files);
  for (const line of problems) process.stderr.write(`${line}\n`);
  if (pools.length === 0) throw new CommandError(exitCodes.usage, "the files hold no usable BuilderPool");
  const print = async (world: PlanWorld) => {
    process.stdout.write(`${(await planLines(world, pools, systemClock.now())).join("\n")}\n`);
  };
  if (place.kind === "Machine") return await withStore(place, true, (store) => print({ store }));
  const { withCluster } = await import("../place/cluster.ts");
  await withCluster(place, (cluster) => print({ store: cluster.store, cluster }));
}

interface PlanWorld {
  readonly store: ObjectStore;
  /** Absent on one machine: there the files list all pools, and builders have no image. */
  readonly cluster?: Pick<Cluster, "programOf">;
}

async function planLines(
  { store, cluster }: PlanWorld,
  pools: readonly BuilderPool[],
  now: number,
): Promise<readonly string[]> {
  const [running, builders] = await Promise.all([store.list("BuilderPool"), store.list("Builder")]);
  const lines: string[] = [];
  for (const pool of pools) {
    const { name } = pool.metadata;
    const before = running.find(({ metadata }) => metadata.name === name);
    const program = await cluster?.programOf(name);
    const refusal = cluster === undefined ? undefined : refusalOf(pool);
    const own = builders.filter(({ spec }) => spec.pool === name);
    lines.push(...(refusal === undefined ? linesFor(before, pool, own, program, now) : [`${name}: ${refusal}`]));
  }
  if (cluster !== undefined) return lines;
  const gone = running.filter(({ metadata }) => !pools.some((pool) => pool.metadata.name === metadata.name));
  return [
    ...lines,
    ...gone.map(({ metadata }) => `${metadata.name}: not in the files: its builders drain, then the pool is deleted`),
  ];
}

function linesFor(
  before: Stored<"BuilderPool"> | undefined,
  pool: BuilderPool,
  builders: readonly Builder[],
  program: string | undefined,
  now: number,
): readonly string[] {
  const name = pool.metadata.name;
  if (before === undefined)
    return [`${name}: will be created with ${pool.spec.instances} builders; they warm up and join`];
  const changes = changedFields(before.spec, pool.spec);
  const head = changes.length === 0 ? `${name}: the file matches the running pool` : `${name}: ${changes.join("; ")}`;
  const observed = observedOf({ ...before, spec: pool.spec }, builders);
  const actions = forecast({ ...observed, ...(program !== undefined && { environment: { program } }) }, now);
  if (actions.length === 0)
    return [head, changes.length === 0 ? "  nothing to do" : "  no builder restarts: running builders read the change"];
  return [
    head,
    ...actions.map((action, index) => `  ${index + 1}. ${"name" in action ? `${action.name}: ` : ""}${action.message}`),
  ];
}

/** The running pool, from its objects. Heartbeat ages are unknown here, so no builder counts as stuck. */
function observedOf(pool: Stored<"BuilderPool">, builders: readonly Builder[]): ObservedPool {
  const name = pool.metadata.name;
  const pods = builders.flatMap((builder) => podOf(name, builder));
  const revision = pool.status?.revision;
  return {
    pool,
    members: membersOf(name, pods, builders),
    ...(revision !== undefined && { workload: { replicas: pods.length, revision } }),
    listings: pool.status?.listings ?? [],
    definitions: { broken: poolChecksOf(pool).broken, conflicts: [] },
    unsettled: 0,
    deletingFor: 0,
  };
}

function podOf(pool: string, { metadata, status }: Builder): readonly Pod[] {
  const ordinal = ordinalOf(pool, metadata.name);
  if (ordinal === undefined || status?.podUid === undefined || status.phase === "Lost") return [];
  return [
    {
      name: metadata.name,
      pool,
      ordinal,
      uid: status.podUid,
      revision: status.revision ?? "",
      terminating: false,
      ended: false,
    },
  ];
}

function changedFields(before: object, after: object): readonly string[] {
  const [a, b] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const shown = (value: unknown) => {
    const text = JSON.stringify(value) ?? "nothing";
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  };
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((key) => !isDeepStrictEqual(a.get(key), b.get(key)))
    .map((key) => `${key} from ${shown(a.get(key))} to ${shown(b.get(key))}`);
}
