import { createHash } from "node:crypto";

/** Text that changes between equal runs: dates, times, durations, progress, addresses, temporary names, commits. */
const volatile = [
  /\d{4}-\d{2}-\d{2}(?:[T@ -]\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?Z?)?/g,
  /\b\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\b/g,
  /\b\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|sec|secs|seconds?|min|minutes?|hours?)\b/g,
  /^\[\s*\d+(?:%|\/\d+)\]/gm,
  /\b0x[0-9a-fA-F]+\b/g,
  /\b[0-9a-f]{40}\b/g,
  /\/tmp\/[^\s:'"]+/g,
] as const;

/**
 * The hash of a comment's findings. Times, durations and the order of lines do not change the hash, because builds run
 * in parallel. Everything else does, including line numbers, so a comment with other errors is rewritten.
 */
export function commentHashOf(text: string): string {
  const stable = volatile.reduce((rest, pattern) => rest.replace(pattern, ""), text);
  const lines = stable.split("\n").sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}
