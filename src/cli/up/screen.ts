import { styleText } from "node:util";
import type { Stored } from "../../api/kinds.ts";
import { buildColumns, builderColumns, poolColumns } from "../columns.ts";
import { cut, formatTable } from "../table.ts";

export interface Seen {
  readonly pools: readonly Stored<"BuilderPool">[];
  readonly builders: readonly Stored<"Builder">[];
  readonly builds: readonly Stored<"Build">[];
  /** The last lines of news, oldest first. */
  readonly news: readonly string[];
}

/** One picture of the whole installation, at most `height` lines of `width` characters: pools, builders, builds that matter most, news. */
export function picture(seen: Seen, now: number, width: number, height: number): string {
  const pools = formatTable(poolColumns(now), seen.pools, width).split("\n");
  const builders = formatTable(builderColumns(now), seen.builders, width).split("\n");
  const left = Math.max(6, height - pools.length - builders.length - 5);
  const news = seen.news.slice(-Math.min(5, Math.floor(left / 3))).map((line) => cut(line, width));
  const shown = left - news.length;
  const builds = formatTable(buildColumns(now), seen.builds.toSorted(byInterest), width).split("\n");
  const more =
    builds.length > shown ? [styleText("dim", `… and ${builds.length - shown} more: builderpool get builds`)] : [];
  const sections = [
    headed(pools),
    headed(builders),
    [...headed(builds.slice(0, shown)).map(coloured), ...more],
    news.map((line) => styleText("dim", line)),
  ];
  return sections.map((section) => section.join("\n")).join("\n\n");
}

/** Running first, then waiting, then verdicts with the newest first, blocked ones last. */
function byInterest(a: Stored<"Build">, b: Stored<"Build">): number {
  return (
    rank(a) - rank(b) ||
    (b.status?.verdict?.finishedAt ?? "").localeCompare(a.status?.verdict?.finishedAt ?? "") ||
    a.spec.number - b.spec.number
  );
}

function rank({ spec, status }: Stored<"Build">): number {
  if (status?.phase === "Running" || status?.phase === "Claimed") return 0;
  if (spec.blocked !== undefined) return 3;
  return spec.request > (status?.verdict?.request ?? 0) ? 1 : 2;
}

function headed([heading = "", ...rows]: readonly string[]): readonly string[] {
  return [styleText("bold", heading), ...rows];
}

function coloured(line: string): string {
  return line
    .replace(/ {2}(Success|Skipped)\b/, (text) => styleText("green", text))
    .replace(/ {2}(Failure|Conflict|TooBig|DoctorError)\b/, (text) => styleText("red", text))
    .replace(/ {2}(Running|Claimed)\b/, (text) => styleText("cyan", text));
}
