import { createHash } from "node:crypto";

/** What differs between two runs that say the same: dates, times, durations, progress, addresses, temporary names, commits. */
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
 * Tells whether two comments say the same. Times, durations and the order of lines do not count, since builds run in parallel;
 * everything else does, line numbers included: a comment is rewritten when the errors are others.
 */
export function commentHashOf(text: string): string {
  const steady = volatile.reduce((rest, pattern) => rest.replace(pattern, ""), text);
  const lines = steady.split("\n").sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}
