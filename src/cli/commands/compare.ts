import { stringify } from "yaml";
import { agrees, type Comparison, comparisonsOf } from "../../core/comparison/compare.ts";
import { durationRatioOf } from "../../core/comparison/summary.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { printable } from "../output/printable.ts";
import { type Column, formatTable } from "../output/table.ts";
import type { Place } from "../place/place.ts";
import { unknownObject } from "../place/unknownObject.ts";
import { withStore } from "../place/withStore.ts";
import type { OutputFormat } from "./get.ts";

interface CompareOptions {
  readonly output: OutputFormat;
  /** The other side: a pool or `github`. All other sides when absent. */
  readonly with?: string;
}

/** `builderpool compare`: prints the comparison, and returns exit code 1 if a result disagrees. */
export async function compareCommand(pool: string, options: CompareOptions, place: Place): Promise<number> {
  return await withStore(place, false, async (store) => {
    const found = await compare(store, pool, options.with);
    process.stdout.write(`${formatComparisons(pool, found, options)}\n`);
    return found.every(agrees) ? exitCodes.done : exitCodes.failed;
  });
}

async function compare(store: ObjectStore, pool: string, other: string | undefined): Promise<readonly Comparison[]> {
  const [pools, builds] = await Promise.all([store.list("BuilderPool"), store.list("Build")]);
  const isPool = (name: string) => pools.some(({ metadata }) => metadata.name === name);
  if (!isPool(pool)) throw await unknownObject(store, "BuilderPool", pool);
  if (other !== undefined && other !== "github" && !isPool(other)) {
    const message = `--with ${other}: expected a pool or github, found neither; \`get pools\` lists the pools`;
    throw new CommandError(exitCodes.usage, message);
  }
  return comparisonsOf(pool, builds).filter((one) => other === undefined || one.with === other);
}

/** The comparisons as a table with a summary and both links of each disagreement, or as JSON or YAML. */
export function formatComparisons(
  pool: string,
  comparisons: readonly Comparison[],
  { output, with: other }: CompareOptions,
): string {
  const items = comparisons.map((one) => ({ ...one, agrees: agrees(one) }));
  if (output === "json") return JSON.stringify({ items }, undefined, 2);
  if (output === "yaml") return stringify({ items }, { lineWidth: 0 }).trimEnd();
  if (comparisons.length === 0) {
    const side = other === undefined ? "another pool or GitHub" : `"${other}"`;
    return `nothing to compare: no open pull request has a verdict of "${pool}" and a result of ${side} on the same commit`;
  }
  const different = comparisons.filter((one) => !agrees(one));
  const ratio = durationRatioOf(comparisons);
  const summary = `${comparisons.length} compared, ${comparisons.length - different.length} agree, ${different.length} disagree${ratio === undefined ? "" : `, durations ${ratio} to 1`}`;
  const links = different.map(
    (one) =>
      `${one.check} ${one.repository}#${one.number}: ${one.own.result} in ${pool} (${linkOf(one.own.url)}), ${one.other.result} in ${one.with} (${linkOf(one.other.url)})`,
  );
  return [formatTable(columns(pool), comparisons), "", summary, ...links.map(printable)].join("\n");
}

function columns(pool: string): readonly Column<Comparison>[] {
  return [
    { heading: "CHECK", cell: ({ check }) => check },
    { heading: "PR", cell: ({ repository, number }) => `${repository}#${number}` },
    { heading: "COMMIT", cell: ({ commit }) => commit.slice(0, 8) },
    { heading: "REVISION", cell: ({ revision }) => revision ?? "" },
    { heading: pool.toUpperCase(), cell: ({ own }) => own.result },
    { heading: "WITH", cell: (one) => one.with },
    { heading: "RESULT", cell: ({ other }) => other.result },
    { heading: "AGREES", cell: (one) => (agrees(one) ? "yes" : "NO") },
    { heading: "RATIO", cell: (one) => durationRatioOf([one]) ?? "", right: true },
  ];
}

function linkOf(url: string): string {
  return url === "" ? "no link" : url;
}
