import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { forImages, install } from "../machine.ts";
import { cached, cacheFolder, hashOf } from "../programs/cache.ts";
import { during } from "../programs/progress.ts";

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

/** The second name of an image, or tag of all images, for what changes from one to the other. */
export function again(name: string): string {
  return `${name}-again`;
}

/** The path of a docker-archive of a built image, with its two names in it. */
export async function archiveOf(image: string): Promise<string> {
  const file = "image.tar";
  const key = hashOf(["docker-archive", image, again(image)]);
  const folder = await cached(`an archive of ${image}`, key, async (target) => {
    const [content, archive] = [join(target, "content"), join(target, file)];
    await mkdir(content);
    await buildah("push", "--quiet", image, `docker-archive:${archive}:${image}`);
    await execa("tar", ["--extract", `--file=${archive}`], { cwd: content });
    await addName(join(content, "manifest.json"), again(image));
    await execa("tar", ["--create", `--file=${archive}`, ...(await readdir(content))], { cwd: content });
    await rm(content, { recursive: true });
  });
  return join(folder, file);
}

/** buildah writes one name; whoever reads the archive takes all that its manifest has. */
async function addName(manifest: string, name: string): Promise<void> {
  const images: readonly { readonly RepoTags: readonly string[] }[] = JSON.parse(await readFile(manifest, "utf8"));
  await rm(manifest); // it is read-only
  await writeFile(manifest, JSON.stringify(images.map((image) => ({ ...image, RepoTags: [...image.RepoTags, name] }))));
}
