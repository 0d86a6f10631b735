/** The part of a file that a request asked for: first and last byte. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks of a file of `size` bytes. Undefined means the whole file: no header, one that is not understood, or
 * more than one range, all of which a server may ignore.
 */
export function requestedRange(header: string | undefined, size: number): Range | "unsatisfiable" | undefined {
  const { first = "", last = "" } = /^bytes=(?<first>\d*)-(?<last>\d*)$/.exec(header ?? "")?.groups ?? {};
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  return start > end ? "unsatisfiable" : { start, end };
}
