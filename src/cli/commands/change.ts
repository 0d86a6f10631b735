import type { Builder } from "../../api/objects/builder.ts";
import { drainAnnotation, restartAnnotation } from "../../api/objects/group.ts";
import { retryOnConflict } from "../../store/write.ts";
import { CommandError, exitCodes } from "../exit.ts";
import type { Place } from "../place/place.ts";
import { unknownObject } from "../place/unknownObject.ts";
import { withStore } from "../place/withStore.ts";

/** `builderpool scale`: sets `spec.instances`. The operator acts on it. */
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
      if (status === undefined) throw noProcess(builder, place);
      return { [restartAnnotation]: status.incarnation };
    },
    "drains, then restarts; the others take over meanwhile",
  );
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
function noProcess(builder: string, { kind }: Place): CommandError {
  const help = kind === "Cluster" ? `see: kubectl describe pod ${builder}` : "it is starting";
  return new CommandError(
    exitCodes.failed,
    `${builder} has not reported a status yet, so there is no process to restart; ${help}`,
  );
}
