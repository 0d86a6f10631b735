import { during } from "../programs/progress.ts";
import type { RunningCluster } from "../provider.ts";
import { again } from "./buildah.ts";
import { cellImage } from "./cell.ts";
import { productImages } from "./product.ts";

/** Names under which pods of tests find their images. */
export interface LoadedImages {
  /** For `spec.image` of a pool. */
  readonly cell: string;
  /** For `images.registry` and `images.tag` of the chart. */
  readonly registry: string;
  readonly tag: string;
  /** Other names of the same: what a change of `spec.image`, or an upgrade of the chart, changes to or from. */
  readonly again: { readonly cell: string; readonly tag: string };
}

/** Builds what is not built, and makes every node know it, unless the cluster has its images from elsewhere. */
export async function loadImages(cluster: RunningCluster): Promise<LoadedImages> {
  if (cluster.images !== undefined) return cluster.images;
  const cell = await cellImage();
  const { registry, tag, archives } = await productImages();
  await during("loading images", async () => {
    for (const archive of [cell.archive, ...archives]) await cluster.loadImage(archive);
  });
  return { cell: cell.image, registry, tag, again: { cell: again(cell.image), tag: again(tag) } };
}
