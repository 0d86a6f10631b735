/** The parts of a file to send: its first `head` and its last `tail` bytes. The rest is omitted. */
export interface LogQuota {
  readonly head: number;
  readonly tail: number;
}

/**
 * Divides `limit` bytes among files of these sizes. Small files are sent completely. Large files share the remainder
 * evenly: a quarter for the beginning (the configuration) and the rest for the end (the failure).
 */
export function logQuotasOf(sizes: readonly number[], limit: number): readonly LogQuota[] {
  const largest = fairLargest(sizes, limit);
  return sizes.map((size) => {
    if (size <= largest) return { head: size, tail: 0 };
    const head = Math.floor(largest / 4);
    return { head, tail: largest - head };
  });
}

/** The maximum bytes of one file that keep all files together within the limit. */
function fairLargest(sizes: readonly number[], limit: number): number {
  const ascending = sizes.toSorted((a, b) => a - b);
  let remaining = limit;
  for (const [index, size] of ascending.entries()) {
    const fair = Math.floor(remaining / (ascending.length - index));
    if (size > fair) return Math.max(0, fair);
    remaining -= size;
  }
  return Number.POSITIVE_INFINITY;
}
