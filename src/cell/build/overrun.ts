import type { Findings, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { Overrun } from "../disk/quota.ts";
import { emptyFolder, reportLeftover } from "../disk/remove.ts";
import { diskFull } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { withFirstLine } from "./preview.ts";

/**
 * The verdict on a build that used more space than the quota of its check. Throws the InfrastructureFailure DiskFull if
 * the build alone is not the reason: the disk was full, the quota follows from the size of this disk, or trees of earlier
 * builds were in the work area (`isWarm`).
 */
export function overrunVerdict(
  { paths, check }: Order,
  overrun: Overrun,
  isWarm: boolean,
  findings: Findings,
): Extract<Outcome, { kind: "Verdict" }> {
  if (overrun.kind === "full") throw diskFull(paths.area);
  const { field, sentence } = excessOf(overrun);
  const failure = (message: string) => new InfrastructureFailure("DiskFull", message, findings);
  if (check.quota?.[field] === undefined)
    throw failure(`${sentence} This is half of the disk of ${paths.area}. Another builder may have a larger one.`);
  if (isWarm)
    throw failure(
      `${sentence} The work area had trees of earlier builds. They are deleted, and the build is repeated.`,
    );
  return { kind: "Verdict", result: "Failure", description: sentence, findings: withFirstLine(findings, sentence) };
}

/** Deletes all files of an order that used too much space. */
export async function emptyOrder({ paths: { area, home, tmp } }: Order): Promise<void> {
  for (const folder of [home, tmp, area]) await emptyFolder(folder).then(reportLeftover, () => {}); // missing is empty
}

function excessOf({ used, quota }: Extract<Overrun, { kind: "quota" }>) {
  const isSize = used.bytes > quota.bytes;
  const field = isSize ? "size" : "files";
  const found = isSize ? `used ${gigabytes(used.bytes)} of disk` : `made ${used.files} files`;
  const most = isSize ? gigabytes(quota.bytes) : String(Math.floor(quota.files));
  const advice = `Use less, or ask for a larger quota.${field}.`;
  return {
    field,
    sentence: `The build ${found}, but quota.${field} is ${most}, so it was stopped. ${advice}`,
  } as const;
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
