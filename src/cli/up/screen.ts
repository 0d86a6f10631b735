import { styleText } from "node:util";
import stringWidth from "string-width";
import type { Stored } from "../../api/objects/kinds.ts";
import { isHeld, isWanted } from "../../core/build/state.ts";
import { idleReasonsOf } from "../../core/queue/idle.ts";
import { buildColumns, builderColumns, poolColumns } from "../output/columns.ts";
import { cut, formatTable } from "../output/table.ts";

export interface ScreenState {
  readonly pools: readonly Stored<"BuilderPool">[];
  readonly builders: readonly Stored<"Builder">[];
  readonly builds: readonly Stored<"Build">[];
  /** Problems that may need a person. */
  readonly attention: readonly string[];
  /** The last lines of news, oldest first. */
  readonly news: readonly string[];
  /** Lines that stay at the bottom, such as addresses and reminders. */
  readonly foot: readonly string[];
}

const fewestBuilds = 4;
const fewestNews = 3;

/**
 * Renders the whole installation in at most `height` lines of `width` characters: pools, problems, builders, builds and
 * news. With little room, the tables of builders and builds are cut and say so. The news get the remaining lines.
 */
export function renderScreen(seen: ScreenState, now: number, width: number, height: number): string {
  const pools = formatTable(poolColumns(now), seen.pools, { width, isColoured: true }).split("\n");
  const builders = formatTable(builderColumns(now, idleReasonsOf(seen.pools, seen, now)), seen.builders, {
    width,
    isColoured: true,
  }).split("\n");
  const builds = formatTable(buildColumns(now), seen.builds.toSorted(byInterest), { width, isColoured: true }).split(
    "\n",
  );
  const attention = seen.attention.flatMap((line) => wrapped(line, width)).slice(0, Math.floor(height / 4));
  const foot = seen.foot.flatMap((line) => wrapped(line, width)).slice(0, Math.floor(height / 6));

  const gaps = 3 + Number(attention.length > 0) + Number(foot.length > 0);
  let left = height - gaps - pools.length - attention.length - foot.length;
  const forBuilders = Math.max(2, left - (fewestBuilds + 1) - fewestNews);
  const shownBuilders = shortened(builders, forBuilders, "builders");
  left -= shownBuilders.length;
  const shownBuilds = shortened(builds, Math.max(2, left - fewestNews), "builds");
  left -= shownBuilds.length;

  const sections = [
    pools,
    attention.map((line) => styleText("yellow", line)),
    shownBuilders,
    shownBuilds,
    (left > 0 ? seen.news.slice(-left) : []).map((line) => cut(line, width)).map(dim),
    foot.map(dim),
  ];
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.join("\n"))
    .join("\n\n");
}

function dim(line: string): string {
  return styleText("dim", line);
}

/** Wraps a text at blanks into lines of at most `width` characters. */
function wrapped(text: string, width: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last === "" || stringWidth(`${last} ${word}`) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.slice(1).map((line) => cut(line, width));
}

/** The first lines of a table, at most `height`. The last line of a cut table shows the number of missing rows. */
function shortened(lines: readonly string[], height: number, what: string): readonly string[] {
  if (lines.length <= height) return lines;
  const shown = lines.slice(0, height - 1);
  return [...shown, `… and ${lines.length - shown.length} more: builderpool get ${what}`];
}

/** Order: running, waiting, finished with the newest verdict first, blocked. */
function byInterest(a: Stored<"Build">, b: Stored<"Build">): number {
  return (
    rank(a) - rank(b) ||
    (b.status?.verdict?.finishedAt ?? "").localeCompare(a.status?.verdict?.finishedAt ?? "") ||
    a.spec.number - b.spec.number
  );
}

function rank(build: Stored<"Build">): number {
  if (isHeld(build)) return 0;
  if (build.spec.blocked !== undefined) return 3;
  return isWanted(build) ? 1 : 2;
}
