import { printable } from "./printable.ts";

/** A table column: its heading and its text for each row. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  /** Aligns the cells to the right, for numbers. */
  readonly right?: boolean;
  /** On a narrow screen, columns with the highest number disappear first. Columns without a number stay. */
  readonly yields?: number;
}

/** Least width of a cut last column. Below it, other columns disappear first. */
const leastCut = 12;

/**
 * Formats rows as aligned text: headings first, two blanks between columns, no trailing blanks. An empty cell shows
 * `-`.
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Number.POSITIVE_INFINITY,
): string {
  const shown = fitting(
    columns.map((column) => filled(column, rows)),
    width,
  );
  return [-1, ...rows.keys()]
    .map((row) =>
      shown
        .map(({ cells, widest, right }) => pad(cells[row + 1] ?? "", widest, right))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => cut(line, width))
    .join("\n");
}

/** Cuts a text to `width` characters. A cut text ends with `…`. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

interface Filled {
  readonly cells: readonly string[];
  readonly widest: number;
  readonly right: boolean;
  readonly yields: number;
}

function filled<Row>({ heading, cell, right = false, yields = 0 }: Column<Row>, rows: readonly Row[]): Filled {
  const cells = [heading, ...rows.map((row) => printable(cell(row)) || "-")];
  return { cells, widest: Math.max(...cells.map(displayWidth)), right, yields };
}

/** The columns that fit into `width`. The last column may be cut. */
function fitting(columns: readonly Filled[], width: number): readonly Filled[] {
  const least = columns.map(({ widest }, index) =>
    index === columns.length - 1 ? Math.min(widest, leastCut) : widest,
  );
  const needed = least.reduce((sum, each) => sum + each + 2, -2);
  const first = Math.max(...columns.map(({ yields }) => yields));
  if (needed <= width || first === 0) return columns;
  return fitting(
    columns.filter(({ yields }) => yields !== first),
    width,
  );
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - displayWidth(text)));
  return right ? blanks + text : text + blanks;
}

function displayWidth(text: string): number {
  return [...text].length;
}
