import { during } from "../programs/progress.ts";
import type { RunningCluster } from "../provider.ts";
import { secondName } from "./buildah.ts";
import { cellImage } from "./cell.ts";
import { productImages } from "./product.ts";

/** Names of the images for the pods of tests. */
export interface LoadedImages {
  /** For `spec.image` of a pool. */
  readonly cell: string;
  /** For `images.registry` and `images.tag` of the chart. */
  readonly registry: string;
  readonly tag: string;
  /** Second names of the same images, for a change of `spec.image` and for an upgrade of the chart. */
  readonly again: { readonly cell: string; readonly tag: string };
}

/** Builds missing images and loads all images into every node. A cluster that pulls images returns its own names. */
export async function loadImages(cluster: RunningCluster): Promise<LoadedImages> {
  if (cluster.images !== undefined) return cluster.images;
  const cell = await cellImage();
  const { registry, tag, archives } = await productImages();
  await during("loading images", async () => {
    for (const archive of [cell.archive, ...archives]) await cluster.loadImage(archive);
  });
  return { cell: cell.image, registry, tag, again: { cell: secondName(cell.image), tag: secondName(tag) } };
}
