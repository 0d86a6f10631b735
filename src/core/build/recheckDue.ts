import { hash } from "node:crypto";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";

/**
 * The wall-clock time of the next recheck of a tested commit. The pause starts at `minBackoff` after the verdict and
 * doubles with each recheck, up to `maxBackoff`. A fixed fraction per Build adds up to a quarter of the pause. This
 * spreads commits that were tested at the same time.
 */
export function recheckDueAtOf(
  { metadata, spec, status }: Stored<"Build">,
  { minBackoff, maxBackoff }: BuilderPoolSpec["recheck"],
): Milliseconds {
  const verdict = status?.verdict?.commit === spec.commit ? status.verdict : undefined;
  const rechecks = verdict === undefined ? 0 : (status?.rechecks ?? 0);
  const backoff = { firstMs: milliseconds(minBackoff), maxMs: milliseconds(maxBackoff) };
  const pause = backoffDelay(backoff, rechecks + 1);
  return Date.parse(verdict?.finishedAt ?? metadata.creationTimestamp) + pause * (1 + fractionOf(metadata.name) / 4);
}

/** A number in [0, 1), constant for each name. */
function fractionOf(name: string): number {
  return Number.parseInt(hash("sha256", name, "hex").slice(0, 8), 16) / 2 ** 32;
}
