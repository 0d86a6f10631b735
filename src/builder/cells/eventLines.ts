import { CellEvent } from "../../api/cell/event.ts";
import { parseJson } from "../../system/parseJson.ts";

/** What arrives from a cell, which is not trusted to speak properly. */
export interface EventLines {
  write(chunk: Uint8Array): void;
  /** Lines that were no events. */
  garbage(): number;
}

/** The longest event is a piece of log text, every character of it escaped. */
const longestLine = 2 * 2 ** 20;
const newline = 10;

/** Cuts a stream into lines and parses each; `on` hears the events, what is none is counted and left out. */
export function createEventLines(on: (event: CellEvent) => void): EventLines {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let garbage = 0;

  function take(piece: Uint8Array): void {
    length += piece.length;
    if (length <= longestLine) pieces.push(piece);
    else pieces = [];
  }
  function endLine(): void {
    const event =
      length > longestLine ? undefined : CellEvent.safeParse(parseJson(Buffer.concat(pieces).toString("utf8"))).data;
    if (event !== undefined) on(event);
    else if (length > 0) garbage += 1;
    pieces = [];
    length = 0;
  }

  return {
    write(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        take(chunk.subarray(from, at));
        endLine();
        from = at + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
    },
    garbage: () => garbage,
  };
}
