import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { builderCountOf } from "../../core/pool/builder/builderCount.ts";
import { forecast } from "../../core/pool/forecast.ts";
import { hostNamesOf } from "../../core/pool/hostNames.ts";
import { refusalOf } from "../../core/pool/manifest/refusal.ts";
import type { WorkloadEnvironment } from "../../core/pool/observed.ts";
import { observedObjects } from "../../core/pool/observedObjects.ts";
import { readPoolFiles } from "../../local/pools/poolFiles.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { systemClock } from "../../system/clock.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { changedFields } from "../output/difference.ts";
import type { Cluster } from "../place/cluster.ts";
import type { Place } from "../place/place.ts";
import { withStore } from "../place/withStore.ts";

/** `builderpool plan`: prints the changes in the files and the resulting steps of the operator. Writes nothing. */
export async function planCommand(files: readonly string[], place: Place): Promise<void> {
  const { pools, problems, notes } = await readPoolFiles(files);
  for (const line of [...problems, ...notes]) process.stderr.write(`${line}\n`);
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
    const environment = cluster === undefined ? { isMachine: true } : { ...(program !== undefined && { program }) };
    const refusal = cluster === undefined ? undefined : refusalOf(pool);
    const own = builders.filter(({ spec }) => spec.pool === name);
    lines.push(...(refusal === undefined ? linesFor(before, pool, own, environment, now) : [`${name}: ${refusal}`]));
  }
  if (cluster !== undefined) return lines;
  const gone = running.filter(({ metadata }) => !pools.some((pool) => pool.metadata.name === metadata.name));
  return [
    ...lines,
    ...gone.map(({ metadata }) => `${metadata.name}: not in the files: its builders drain, then the pool is deleted`),
  ];
}

function buildersText(pool: BuilderPool, environment: WorkloadEnvironment): string {
  const pods = builderCountOf(pool.spec.instances);
  const hosts = hostNamesOf({ pool, environment });
  return hosts.length === 0 ? pods : `${pods} and the outside hosts ${hosts.join(", ")}`;
}

/** The changes of one pool, then the steps of the operator. */
export function linesFor(
  before: Stored<"BuilderPool"> | undefined,
  pool: BuilderPool,
  builders: readonly Builder[],
  environment: WorkloadEnvironment,
  now: number,
): readonly string[] {
  const name = pool.metadata.name;
  const wanted = before === undefined ? pool : { ...before, spec: pool.spec };
  const steps = forecast({ ...observedObjects(wanted, builders), environment }, now);
  // Drain and deletion of a builder have one reason, and the forecast has both.
  const messages = [...new Set(steps.map(({ message }) => message))];
  const lines = messages.map((message, index) => `  ${index + 1}. ${message}`);
  if (before === undefined)
    return [`${name}: will be created with ${buildersText(pool, environment)}; they warm up and join`, ...lines];
  const changes = changedFields(before.spec, pool.spec);
  const head = changes.length === 0 ? `${name}: the file matches the running pool` : `${name}: ${changes.join("; ")}`;
  if (lines.length > 0) return [head, ...lines];
  return [head, changes.length === 0 ? "  nothing to do" : "  no builder restarts: running builders read the change"];
}
