/** The requested part of a file: offsets of the first and last byte. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The requested range of a file with `size` bytes. Undefined means the whole file: no header, an invalid header or
 * several ranges. A server may ignore such headers.
 */
export function requestedRange(header: string | undefined, size: number): Range | "unsatisfiable" | undefined {
  const { first = "", last = "" } = /^bytes=(?<first>\d*)-(?<last>\d*)$/.exec(header ?? "")?.groups ?? {};
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  return start > end ? "unsatisfiable" : { start, end };
}
