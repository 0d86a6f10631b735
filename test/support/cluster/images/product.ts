import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { during } from "../programs/progress.ts";
import { nodeBase } from "./bases.ts";
import { archiveOf, buildFrom, isBuilt, tagOf } from "./buildah.ts";

const root = resolve(import.meta.dirname, "../../../..");
const targets = ["operator", "builder", "logs"] as const;

/**
 * The images of this checkout: values for the chart's `images.registry` and `images.tag`, and paths of the archives.
 */
export interface ProductImages {
  readonly registry: string;
  readonly tag: string;
  readonly archives: readonly string[];
}

/**
 * Bundles the programs of this checkout and builds changed images of its Dockerfile, on a base that needs no registry.
 */
export async function productImages(): Promise<ProductImages> {
  await during("bundling the programs", () => execa(process.execPath, [join(root, "scripts/build.ts")], { cwd: root }));
  const base = await nodeBase();
  const programs = (await readdir(join(root, "dist"))).toSorted().map((name) => join(root, "dist", name));
  const parts = await Promise.all([join(root, "Dockerfile"), ...programs].map((file) => readFile(file)));
  const tag = tagOf([base, ...programs, ...parts]);
  const archives: string[] = [];
  for (const target of targets) {
    const image = `localhost/builderpool-${target}:${tag}`;
    const options = [`--target=${target}`, `--build-arg=BASE=${base}`];
    if (!(await isBuilt(image))) {
      await during(`building the image ${target}`, () => buildFrom(join(root, "Dockerfile"), root, image, ...options));
    }
    archives.push(await archiveOf(image));
  }
  return { registry: "localhost", tag, archives };
}
