/** What of a file is sent: its first `head` and its last `tail` bytes; the rest, if any, is left out. */
export interface LogQuota {
  readonly head: number;
  readonly tail: number;
}

/**
 * Divides a number of bytes among files of these sizes. Small files are sent whole; the large ones share what remains evenly, each with
 * its beginning (how it was configured) and, mostly, its end (how it failed).
 */
export function logQuotasOf(sizes: readonly number[], limit: number): readonly LogQuota[] {
  const largest = fairLargest(sizes, limit);
  return sizes.map((size) => {
    if (size <= largest) return { head: size, tail: 0 };
    const head = Math.floor(largest / 4);
    return { head, tail: largest - head };
  });
}

/** The largest amount any file may send so that all together stay within the limit. */
function fairLargest(sizes: readonly number[], limit: number): number {
  const ascending = sizes.toSorted((a, b) => a - b);
  let left = limit;
  for (const [index, size] of ascending.entries()) {
    const fair = Math.floor(left / (ascending.length - index));
    if (size > fair) return Math.max(0, fair);
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}
