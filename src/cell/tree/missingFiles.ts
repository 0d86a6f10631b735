import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { TreeFile } from "./listing.ts";

const attributesBytes = 64 * 1024;
const longestName = 100;

/**
 * A sentence about files of a commit that the checkout lacks: submodules, and files of Git LFS as the attributes at the
 * top of the tree name them. Undefined for a complete checkout.
 */
export async function missingFilesOf(tree: string, files: readonly TreeFile[]): Promise<string | undefined> {
  const [submodule, ...others] = files.filter(({ mode }) => mode === "160000");
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const sentences = [
    ...(submodule === undefined
      ? []
      : [
          `Submodules are not checked out: ${submodule.path.toString().slice(0, longestName)}${more} ${more === "" ? "is an empty directory" : "are empty directories"}.`,
        ]),
    ...((await usesLfs(tree)) ? ["Files of Git LFS are not downloaded: the checkout has their pointer files."] : []),
  ];
  return sentences.length === 0 ? undefined : sentences.join(" ");
}

/** The cell wrote the file just before, from the commit. It can still be a link or very large. */
async function usesLfs(tree: string): Promise<boolean> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(join(tree, ".gitattributes"), O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(attributesBytes), 0, attributesBytes, 0);
    return /^[^#\n]*\sfilter=lfs(\s|$)/m.test(buffer.toString("latin1", 0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
