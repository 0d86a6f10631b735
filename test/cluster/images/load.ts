import { during } from "../progress.ts";
import type { RunningCluster } from "../provider.ts";
import { cellImage } from "./cell.ts";

/** Names under which pods of tests find their images. */
export interface LoadedImages {
  /** For `spec.image` of a pool. */
  readonly cell: string;
}

/** Builds what is not built, and makes every node know it. */
export async function loadImages(cluster: RunningCluster): Promise<LoadedImages> {
  const cell = await cellImage();
  await during("loading images", () => cluster.loadImage(cell.archive));
  return { cell: cell.image };
}
