import { styleText } from "node:util";
import stringWidth from "string-width";
import { printable } from "./printable.ts";

/** A table column: its heading and its text for each row. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  /** Aligns the cells to the right, for numbers. */
  readonly right?: boolean;
  /** On a narrow screen, columns with the highest number disappear first. Columns without a number stay. */
  readonly yields?: number;
  /** On a narrow screen, the cells lose their end or their start. Other columns then stay whole. */
  readonly cuts?: "end" | "start";
  /** Colour of the text of a row, on a screen with colours. */
  readonly colour?: (row: Row) => Colour | undefined;
}

export type Colour = "green" | "red" | "cyan";

export interface TableOptions {
  /** Width of the screen in cells; by default without a limit. */
  readonly width?: number;
  /** Whether the screen shows colours: a bold heading, and the colours of the columns. */
  readonly isColoured?: boolean;
}

/** Least width of a cut column. Below it, other columns disappear first. */
const leastCut = 12;
/** Width between two columns. */
const gap = 2;

/**
 * Formats rows as aligned text: headings first, two blanks between columns, no trailing blanks. An empty cell shows
 * `-`.
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width = Number.POSITIVE_INFINITY, isColoured = false }: TableOptions = {},
): string {
  const shown = fitting(
    columns.map((column) => filled(column, rows)),
    width,
  );
  return [...Array(rows.length + 1).keys()]
    .map((row) => {
      const plain = lineOf(shown, row);
      if (stringWidth(plain) > width) return cut(plain, width);
      if (!isColoured) return plain;
      return row === 0 ? styleText("bold", plain, always) : lineOf(shown, row, true);
    })
    .join("\n");
}

/** Cuts a text to `width` cells of the screen. A cut text ends with `…`. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  return `${firstOf([...graphemes.segment(text)].map(segmentOf), width - 1).join("")}…`;
}

/** Cuts a text to `width` cells of the screen. A cut text starts with `…`. */
function cutStart(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const reversed = [...graphemes.segment(text)].map(segmentOf).toReversed();
  return `…${firstOf(reversed, width - 1)
    .toReversed()
    .join("")}`;
}

/** The first graphemes that fit into `width`. */
function firstOf(segments: readonly string[], width: number): readonly string[] {
  let left = width;
  const end = segments.findIndex((segment) => {
    left -= stringWidth(segment);
    return left < 0;
  });
  return end < 0 ? segments : segments.slice(0, end);
}

const segmentOf = ({ segment }: Intl.SegmentData) => segment;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** The caller decides on colours, not the stream that Node would look at. */
const always = { validateStream: false } as const;

interface Filled {
  /** The heading, then a cell for each row. */
  readonly cells: readonly string[];
  readonly colours: readonly (Colour | undefined)[];
  readonly width: number;
  readonly right: boolean;
  readonly yields: number;
  readonly cuts: Column<unknown>["cuts"];
}

function filled<Row>(column: Column<Row>, rows: readonly Row[]): Filled {
  const { heading, cell, right = false, yields = 0, cuts, colour } = column;
  const cells = [heading, ...rows.map((row) => printable(cell(row)) || "-")];
  return {
    cells,
    colours: [undefined, ...rows.map((row) => colour?.(row))],
    width: Math.max(...cells.map((text) => stringWidth(text))),
    right,
    yields,
    cuts,
  };
}

/** The columns that fit into `width`, the cuttable ones as narrow as necessary. */
function fitting(columns: readonly Filled[], width: number): readonly Filled[] {
  const excess = (least: (column: Filled) => number) =>
    columns.reduce((sum, column) => sum + least(column) + gap, -gap) - width;
  const first = Math.max(...columns.map(({ yields }) => yields));
  if (excess(leastWidthOf) > 0 && first > 0) {
    return fitting(
      columns.filter(({ yields }) => yields !== first),
      width,
    );
  }
  return narrowed(
    columns,
    excess((column) => column.width),
  );
}

function leastWidthOf({ width, cuts }: Filled): number {
  return cuts !== undefined ? Math.min(width, leastCut) : width;
}

/** Takes `excess` cells from the cuttable columns, always from the widest one. At least one cell of a column stays. */
function narrowed(columns: readonly Filled[], excess: number): readonly Filled[] {
  const widths = columns.map(({ width }) => width);
  for (let left = excess; left > 0; left -= 1) {
    const widest = Math.max(...columns.map(({ cuts }, index) => (cuts === undefined ? 0 : (widths[index] ?? 0))));
    if (widest <= 1) break;
    const index = columns.findIndex((column, n) => column.cuts !== undefined && widths[n] === widest);
    widths[index] = widest - 1;
  }
  return columns.map((column, index) => ({ ...column, width: widths[index] ?? column.width }));
}

function lineOf(columns: readonly Filled[], row: number, isColoured = false): string {
  return columns
    .map(({ cells, colours, width, right, cuts }) => {
      const cell = cells[row] ?? "";
      const text = cuts === "start" && row > 0 ? cutStart(cell, width) : cut(cell, width);
      const blanks = " ".repeat(Math.max(0, width - stringWidth(text)));
      const colour = isColoured ? colours[row] : undefined;
      const shown = colour === undefined ? text : styleText(colour, text, always);
      return right ? blanks + shown : shown + blanks;
    })
    .join(" ".repeat(gap))
    .trimEnd();
}
