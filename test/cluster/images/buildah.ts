import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { cached, cacheFolder, hashOf } from "../cache.ts";
import { forImages, install } from "../machine.ts";
import { during } from "../progress.ts";

/** A store of our own, so that nothing of a person's is seen or touched. No network namespace, no engine: a chroot. */
async function buildah(...args: string[]): Promise<string> {
  const store = [`--root=${join(cacheFolder(), "images")}`, "--runroot=/run/builderpool-images"];
  return (await execa("buildah", [...store, ...args])).stdout;
}

/**
 * The name of an image that is built unless there is one of the same `parts`, from the Containerfile and files that `write`
 * puts into a folder.
 */
export async function builtImage(
  name: string,
  parts: readonly (string | Uint8Array)[],
  write: (context: string) => Promise<void>,
): Promise<string> {
  await install(forImages);
  const image = `localhost/builderpool-${name}:${tagOf(parts)}`;
  if (await isBuilt(image)) return image;
  await during(`building the image ${name}`, async () => {
    const context = await mkdtemp(join(tmpdir(), `builderpool-image-${name}-`));
    try {
      await write(context);
      await buildFrom(join(context, "Containerfile"), context, image);
    } finally {
      await rm(context, { recursive: true, force: true });
    }
  });
  return image;
}

/** Builds `image` from a file and the folder it speaks of. */
export async function buildFrom(file: string, context: string, image: string, ...options: string[]): Promise<void> {
  const isolation = ["--isolation=chroot", "--pull-never", "--layers", "--quiet"];
  await buildah("build", ...isolation, ...options, `--file=${file}`, `--tag=${image}`, context);
}

/** A tag for what is made of these parts: never `latest`, which a kubelet would want to pull. */
export function tagOf(parts: readonly (string | Uint8Array)[]): string {
  return hashOf(parts).slice(0, 12);
}

export async function isBuilt(image: string): Promise<boolean> {
  return buildah("inspect", "--type=image", "--format={{.FromImageID}}", image).then(
    () => true,
    () => false,
  );
}

/** The path of a docker-archive of a built image, with its name in it. */
export async function archiveOf(image: string): Promise<string> {
  const file = "image.tar";
  const folder = await cached(`an archive of ${image}`, hashOf(["docker-archive", image]), async (target) => {
    await buildah("push", "--quiet", image, `docker-archive:${join(target, file)}:${image}`);
  });
  return join(folder, file);
}
