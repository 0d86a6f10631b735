import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuilderStatus } from "../../api/objects/builder.ts";
import { writeAtomically } from "../../system/writeFile.ts";

const marker = "ready";

/** Writes `state/ready` at the end of a warm-up: the incarnation, the revision and the time. */
export async function writeMarker(state: string, warm: NonNullable<BuilderStatus["warm"]>): Promise<void> {
  await writeAtomically(join(state, marker), `${JSON.stringify(warm)}\n`);
}

/** Deletes the marker of an earlier process. Runs first: an old marker is not valid. */
export async function removeMarker(state: string): Promise<void> {
  await rm(join(state, marker), { force: true });
}
