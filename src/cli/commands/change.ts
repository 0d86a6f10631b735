import type { Builder } from "../../api/objects/builder.ts";
import { cleanAnnotation, drainAnnotation, restartAnnotation } from "../../api/objects/group.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import { retryOnConflict } from "../../store/write.ts";
import { systemClock } from "../../system/clock.ts";
import { CommandError, exitCodes } from "../exit.ts";
import type { Place } from "../place/place.ts";
import { unknownObject } from "../place/unknownObject.ts";
import { withStore } from "../place/withStore.ts";

/** `builderpool scale`: sets `spec.instances`. The operator acts on it. On one machine the pool file sets it again. */
export async function scaleCommand(pool: string, instances: number, place: Place): Promise<void> {
  await withStore(place, true, async (store) => {
    const before = (await store.get("BuilderPool", pool))?.spec.instances;
    await retryOnConflict(
      store,
      "BuilderPool",
      pool,
      (object) => ({ ...object, spec: { ...object.spec, instances } }),
      "object",
    );
    if (before === undefined) throw await unknownObject(store, "BuilderPool", pool);
    process.stdout.write(
      before === instances
        ? `${pool} already has ${instances} instances\n`
        : `${pool} scales from ${before} to ${instances}; watch: builderpool get builders\n`,
    );
    if (place.kind === "Machine" && before !== instances) {
      const end = "this lasts until the next change of a pool file or start of up";
      process.stdout.write(`${end}; to keep it, set spec.instances of ${pool} to ${instances} in its file\n`);
    }
  });
}

/**
 * `builderpool restart`: the annotation names the current incarnation, so a repeated command restarts the builder once.
 */
export async function restartCommand(builder: string, place: Place): Promise<void> {
  await annotate(
    builder,
    place,
    ({ status }) => {
      if (status === undefined || status.incarnation === "") throw noProcess(builder, place, status?.message);
      return { [restartAnnotation]: status.incarnation };
    },
    "drains, then restarts; while too many others are out of service it waits: builderpool get builders",
  );
}

/**
 * `builderpool clean`: the builder finishes its build, throws the trees of one check or of all checks away, and warms
 * up. The annotation carries the time, so a repeated command cleans again.
 */
export async function cleanCommand(builder: string, check: string | undefined, place: Place): Promise<void> {
  const trees = check === undefined ? "its trees" : `its trees of ${check}`;
  if (check !== undefined) await refuseUnknownCheck(builder, check, place);
  await annotate(
    builder,
    place,
    () => ({ [cleanAnnotation]: `${check ?? "*"} ${new Date(systemClock.now()).toISOString()}` }),
    `finishes its build, throws ${trees} away, and warms up; watch: builderpool get builders`,
  );
}

async function refuseUnknownCheck(name: string, check: string, place: Place): Promise<void> {
  await withStore(place, false, async (store) => {
    const builder = await store.get("Builder", name);
    const pool = builder && (await store.get("BuilderPool", builder.spec.pool));
    if (pool === undefined) return;
    const known = poolChecksOf(pool).checks.map((one) => one.name);
    if (known.includes(check)) return;
    const message = `the pool of ${name} has no check ${check}; its checks: ${known.join(", ")}`;
    throw new CommandError(exitCodes.usage, message);
  });
}

/** `builderpool drain`: sets the drain annotation, or removes it with `undo`. */
export async function drainCommand(builder: string, undo: boolean, place: Place): Promise<void> {
  await annotate(
    builder,
    place,
    () => ({ [drainAnnotation]: undo ? undefined : "true" }),
    undo ? "takes builds again" : `drains; to undo: builderpool drain ${builder} --undo`,
  );
}

async function annotate(
  name: string,
  place: Place,
  change: (builder: Builder) => Readonly<Record<string, string | undefined>>,
  done: string,
): Promise<void> {
  await withStore(place, true, async (store) => {
    const written = await retryOnConflict(
      store,
      "Builder",
      name,
      (builder) => {
        const annotations = Object.entries({
          ...builder.metadata.annotations,
          ...change(builder),
        });
        const kept = annotations.filter((entry): entry is [string, string] => entry[1] !== undefined);
        return { ...builder, metadata: { ...builder.metadata, annotations: Object.fromEntries(kept) } };
      },
      "object",
    );
    if (written === undefined) throw await unknownObject(store, "Builder", name);
    process.stdout.write(`${name} ${done}\n`);
  });
}

/** A builder without a status has no incarnation to restart. */
function noProcess(builder: string, { kind }: Place, message?: string): CommandError {
  const help = message ?? (kind === "Cluster" ? `see: kubectl describe pod ${builder}` : "it is starting");
  return new CommandError(
    exitCodes.failed,
    `${builder} has not reported a status yet, so there is no process to restart; ${help}`,
  );
}
