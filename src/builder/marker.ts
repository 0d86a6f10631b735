import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { place } from "./place.ts";

/** What `state/ready` says: which process, at which revision, warmed up, and when. */
export const Marker = z.object({ incarnation: z.string(), revision: z.string(), at: z.iso.datetime() });
export type Marker = z.infer<typeof Marker>;

/** Written at the end of a warm-up, as a whole. */
export async function writeMarker(state: string, marker: Marker): Promise<void> {
  await place(join(state, "ready"), `${JSON.stringify(marker)}\n`);
}

/** A marker that an earlier process left counts for nothing: it goes before anything else happens. */
export async function removeMarker(state: string): Promise<void> {
  await rm(join(state, "ready"), { force: true });
}

/** The marker, undefined when there is none that can be read. */
export async function readMarker(state: string): Promise<Marker | undefined> {
  const text = await readFile(join(state, "ready"), "utf8").catch(() => "");
  return Marker.safeParse(parse(text)).data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
