import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { forImages, install } from "../machine.ts";
import { cached, cacheFolder, hashOf } from "../programs/cache.ts";
import { during } from "../programs/progress.ts";

/**
 * Runs buildah with its own image store: the images of users stay untouched. Builds run in a chroot, without an engine.
 */
async function buildah(...args: string[]): Promise<string> {
  const store = [`--root=${join(cacheFolder(), "images")}`, "--runroot=/run/builderpool-images"];
  return (await execa("buildah", [...store, ...args])).stdout;
}

/**
 * Returns the name of an image. Builds the image unless one with the same `parts` exists.
 * `write` writes the Containerfile and all other files into the build context.
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

/** Builds `image` from a Containerfile and its build context. */
export async function buildFrom(file: string, context: string, image: string, ...options: string[]): Promise<void> {
  const isolation = ["--isolation=chroot", "--pull-never", "--layers", "--quiet"];
  await buildah("build", ...isolation, ...options, `--file=${file}`, `--tag=${image}`, context);
}

/** The tag of an image with these parts. Never `latest`: a kubelet would pull `latest`. */
export function tagOf(parts: readonly (string | Uint8Array)[]): string {
  return hashOf(parts).slice(0, 12);
}

export async function isBuilt(image: string): Promise<boolean> {
  return buildah("inspect", "--type=image", "--format={{.FromImageID}}", image).then(
    () => true,
    () => false,
  );
}

/** The second name of the same image or tag, for tests that change an image. */
export function secondName(name: string): string {
  return `${name}-again`;
}

/** The path of a docker-archive of a built image. The archive has both names of the image. */
export async function archiveOf(image: string): Promise<string> {
  const file = "image.tar";
  const key = hashOf(["docker-archive", image, secondName(image)]);
  const folder = await cached(`an archive of ${image}`, key, async (target) => {
    const [content, archive] = [join(target, "content"), join(target, file)];
    await mkdir(content);
    await buildah("push", "--quiet", image, `docker-archive:${archive}:${image}`);
    await execa("tar", ["--extract", `--file=${archive}`], { cwd: content });
    await addName(join(content, "manifest.json"), secondName(image));
    await execa("tar", ["--create", `--file=${archive}`, ...(await readdir(content))], { cwd: content });
    await rm(content, { recursive: true });
  });
  return join(folder, file);
}

/** buildah writes one name only. Readers of the archive load all names of its manifest. */
async function addName(manifest: string, name: string): Promise<void> {
  const images: readonly { readonly RepoTags: readonly string[] }[] = JSON.parse(await readFile(manifest, "utf8"));
  await rm(manifest); // it is read-only
  await writeFile(manifest, JSON.stringify(images.map((image) => ({ ...image, RepoTags: [...image.RepoTags, name] }))));
}
