import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuilderStatus } from "../../api/objects/builder.ts";
import { writeAtomically } from "../../system/writeFile.ts";

const marker = "ready";

/** Writes `state/ready` at the end of a warm-up: which process, at which revision, is warm, and since when. */
export async function writeMarker(state: string, warm: NonNullable<BuilderStatus["warm"]>): Promise<void> {
  await writeAtomically(join(state, marker), `${JSON.stringify(warm)}\n`);
}

/** A marker that an earlier process left counts for nothing: it goes before anything else happens. */
export async function removeMarker(state: string): Promise<void> {
  await rm(join(state, marker), { force: true });
}
