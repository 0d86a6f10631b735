import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { archiveOf, builtImage } from "./buildah.ts";

const containerfile = `FROM scratch
COPY tini-static busybox /
ENTRYPOINT ["/tini-static", "--", "/busybox", "sleep", "infinity"]
`;

/**
 * The image of the container that keeps the namespaces of a pod. In pods with a shared process namespace it reaps
 * orphans.
 */
export async function pauseImage(): Promise<{ readonly image: string; readonly archive: string }> {
  const image = await builtImage("pause", [containerfile], async (context) => {
    for (const name of ["tini-static", "busybox"]) await copyFile(join("/usr/bin", name), join(context, name));
    await writeFile(join(context, "Containerfile"), containerfile);
  });
  return { image, archive: await archiveOf(image) };
}
