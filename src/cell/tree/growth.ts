import type { Outcome } from "../../api/cell/event.ts";
import { bytes } from "../../api/values/quantity.ts";
import type { CellContext } from "../cellContext.ts";
import { findingsOf } from "./findings.ts";
import type { Listing } from "./listing.ts";

/** Other tools match this start of the description. The numbers follow. */
const tooBig = "PR too big. Rejecting.";

/**
 * The verdict TooBig if a merge grows the checkout above a limit of the check; otherwise undefined. Sizes come from tree
 * objects, so nothing has been written yet.
 */
export function tooBigOf(
  { order }: CellContext,
  base: Listing,
  merged: Listing,
): Extract<Outcome, { kind: "Verdict" }> | undefined {
  const { maxGrowth, maxFiles } = order.check;
  const files = merged.files.length - base.files.length;
  if (!merged.isComplete || files > maxFiles) {
    const count = merged.isComplete ? String(files) : `more than ${maxFiles}`;
    return verdict(`${tooBig} It adds ${count} files; maxFiles is ${maxFiles}.`);
  }
  const growth = merged.bytes - base.bytes;
  if (growth <= bytes(maxGrowth)) return undefined;
  return verdict(`${tooBig} It adds ${growth} bytes; maxGrowth is ${maxGrowth}.`);
}

function verdict(description: string): Extract<Outcome, { kind: "Verdict" }> {
  return {
    kind: "Verdict",
    result: "TooBig",
    description,
    findings: findingsOf([`error: ${description}`]),
  };
}
