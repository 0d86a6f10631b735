import { hash } from "node:crypto";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";

/**
 * When a tested commit is worth building again, by the wall clock: `minBackoff` after its verdict, twice as long after each
 * recheck of it, at most `maxBackoff`; and up to a quarter later, by a fraction of its own, so that what was tested together is
 * not all due together.
 */
export function recheckDueAtOf(
  { metadata, spec, status }: Stored<"Build">,
  { minBackoff, maxBackoff }: BuilderPoolSpec["recheck"],
): Milliseconds {
  const verdict = status?.verdict?.commit === spec.commit ? status.verdict : undefined;
  const rechecks = verdict === undefined ? 0 : (status?.rechecks ?? 0);
  const pause = Math.min(milliseconds(minBackoff) * 2 ** rechecks, milliseconds(maxBackoff));
  return Date.parse(verdict?.finishedAt ?? metadata.creationTimestamp) + pause * (1 + fraction(metadata.name) / 4);
}

/** In [0, 1), always the same for a name. */
function fraction(name: string): number {
  return Number.parseInt(hash("sha256", name, "hex").slice(0, 8), 16) / 2 ** 32;
}
