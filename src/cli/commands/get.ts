import { stringify } from "yaml";
import type { Stored } from "../../api/objects/kinds.ts";
import { idleReasonsOf } from "../../core/queue/idle.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { systemClock } from "../../system/clock.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { attention } from "../output/attention.ts";
import { buildColumns, builderColumns, poolColumns } from "../output/columns.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";
import type { Place } from "../place/place.ts";
import { unknownObject } from "../place/unknownObject.ts";
import { withStore } from "../place/withStore.ts";

export type OutputFormat = "table" | "json" | "yaml";
type Listed = "BuilderPool" | "Builder" | "Build";

/** Names of each kind on the command line: plural, singular and short. */
const kindWords: Readonly<Record<string, Listed>> = {
  pools: "BuilderPool",
  pool: "BuilderPool",
  builderpools: "BuilderPool",
  builderpool: "BuilderPool",
  bp: "BuilderPool",
  builders: "Builder",
  builder: "Builder",
  bldr: "Builder",
  builds: "Build",
  build: "Build",
  bld: "Build",
};

/** `builderpool get`: prints objects of one kind. */
export async function getCommand(
  word: string,
  names: readonly string[],
  format: OutputFormat,
  place: Place,
): Promise<void> {
  const kind = kindWords[word.toLowerCase()];
  if (kind === undefined)
    throw new CommandError(exitCodes.usage, `unknown kind ${word}; expected pools, builders or builds`);
  await withStore(place, false, async (store) => {
    process.stdout.write(`${await getObjects(store, kind, names, format, systemClock.now())}\n`);
  });
}

/** All objects of a kind, or only the named objects, as a table or a Kubernetes List. */
async function getObjects(
  store: ObjectStore,
  kind: Listed,
  names: readonly string[],
  format: OutputFormat,
  now: number,
): Promise<string> {
  switch (kind) {
    case "BuilderPool":
      return formatObjects(await named(store, kind, names), format, (pools) =>
        withAttention(formatTable(poolColumns(now), pools), { pools }),
      );
    case "Builder": {
      const shown = (await named(store, kind, names)).toSorted(byIndex);
      const pools = new Set(shown.map(({ spec }) => spec.pool));
      const waits = (await store.list("BuilderPool")).filter(({ metadata }) => pools.has(metadata.name));
      const all = { builders: await store.list("Builder"), builds: await store.list("Build") };
      const idle = idleReasonsOf(waits, all, now);
      return formatObjects(shown, format, (builders) =>
        withAttention(formatTable(builderColumns(now, idle), builders), { builders, waits }),
      );
    }
    case "Build":
      return buildList(await named(store, kind, names), format, now);
  }
}

/** Builds in the format of `get builds`. */
export function buildList(builds: readonly Stored<"Build">[], format: OutputFormat, now: number): string {
  return formatObjects(builds.toSorted(byPullRequest), format, (rows) =>
    withAttention(formatTable(buildColumns(now), rows), { builds: rows }),
  );
}

/** Appends problems below the table, after an empty line. */
function withAttention(table: string, objects: Parameters<typeof attention>[0]): string {
  const lines = attention(objects).map(printable);
  return lines.length === 0 ? table : `${table}\n\n${lines.join("\n")}`;
}

async function named<K extends Listed>(
  store: ObjectStore,
  kind: K,
  names: readonly string[],
): Promise<readonly Stored<K>[]> {
  const all = await store.list(kind);
  const missing = names.find((name) => !all.some(({ metadata }) => metadata.name === name));
  if (missing !== undefined) throw await unknownObject(store, kind, missing);
  return names.length === 0 ? all : all.filter(({ metadata }) => names.includes(metadata.name));
}

function formatObjects<T>(items: readonly T[], format: OutputFormat, table: (items: readonly T[]) => string): string {
  if (format === "table") return items.length === 0 ? "nothing found" : table(items);
  const list = { apiVersion: "v1", kind: "List", items };
  return format === "json" ? JSON.stringify(list, undefined, 2) : stringify(list, { lineWidth: 0 }).trimEnd();
}

function byIndex(a: Stored<"Builder">, b: Stored<"Builder">): number {
  return a.spec.pool.localeCompare(b.spec.pool) || (a.spec.workerIndex ?? 0) - (b.spec.workerIndex ?? 0);
}

function byPullRequest(a: Stored<"Build">, b: Stored<"Build">): number {
  return (
    a.spec.check.localeCompare(b.spec.check) ||
    a.spec.repository.localeCompare(b.spec.repository) ||
    a.spec.number - b.spec.number
  );
}
