import { CellEvent } from "../../api/cell/event.ts";
import { parseJson } from "../../system/parseJson.ts";

/** Parser of the event stream of a cell. The cell is not trusted. */
export interface EventLines {
  write(chunk: Uint8Array): void;
  /** Number of lines that were not valid events. */
  invalidLines(): number;
}

/** Bytes of the longest event: a piece of log text with every character escaped. */
const longestLine = 2 * 2 ** 20;
const newline = 10;

/** Splits a stream into lines and parses each line. Calls `on` for each event. Counts and drops invalid lines. */
export function createEventLines(on: (event: CellEvent) => void): EventLines {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let invalidLines = 0;

  function append(piece: Uint8Array): void {
    length += piece.length;
    if (length <= longestLine) pieces.push(piece);
    else pieces = [];
  }
  function endLine(): void {
    const event =
      length > longestLine ? undefined : CellEvent.safeParse(parseJson(Buffer.concat(pieces).toString("utf8"))).data;
    if (event !== undefined) on(event);
    else if (length > 0) invalidLines += 1;
    pieces = [];
    length = 0;
  }

  return {
    write(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        append(chunk.subarray(from, at));
        endLine();
        from = at + 1;
      }
      if (from < chunk.length) append(chunk.subarray(from));
    },
    invalidLines: () => invalidLines,
  };
}
