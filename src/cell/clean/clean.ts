import { lstat, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { milliseconds } from "../../api/values/duration.ts";
import { cleanVectorOf } from "../../core/definitions/alibuild.ts";
import { type CellContext, runShort } from "../cellContext.ts";
import { namesIn, removePlantedLinks } from "../disk/plantedLinks.ts";
import { emptyFolder } from "../disk/remove.ts";
import { freeBytes } from "../disk/space.ts";
import type { Tool } from "../tool/tool.ts";

/** A link that keeps a build tree or an installation from being deleted. */
interface Link {
  readonly path: string;
  readonly target: string;
  /** When it was last set, milliseconds since 1970. */
  readonly setAt: number;
  /** The newest of its package: what the next build starts from. */
  readonly newest: boolean;
}

/**
 * The cleanup policy on the work area of one check: links older than `maxAge` go, then the oldest ones until `minFree` is free, and aliBuild
 * deletes what no link leads to. The newest tree of a package outlives a lack of space: deleting it would make every build a cold one where
 * the space is taken by others. A build that filled the disk keeps nothing: all that was set from the instant `suspectSince` on goes.
 * Returns the bytes freed.
 */
export async function clean(
  context: CellContext,
  tool: Tool,
  suspectSince = Number.POSITIVE_INFINITY,
): Promise<number> {
  const { order, clock } = context;
  await context.emit({ event: "step", step: "clean" });
  const before = await freeBytes(order.paths.area);
  await removePlantedLinks(order.paths.area);
  let links = await treeLinks(context);
  links = await drop(links, ({ setAt }) => setAt < clock.now() - order.limits.maxAge || setAt >= suspectSince);
  await aliBuildClean(context, tool);
  while ((await freeBytes(order.paths.area)) < order.limits.minFree) {
    const kept = new Set(links.filter(({ newest }) => newest).map(({ target }) => target));
    const oldest = links.filter(({ target }) => !kept.has(target)).toSorted((a, b) => a.setAt - b.setAt)[0];
    if (oldest === undefined) break;
    links = await drop(links, ({ target }) => target === oldest.target);
    await aliBuildClean(context, tool);
  }
  await emptyFolder(order.paths.tmp);
  return Math.max(0, (await freeBytes(order.paths.area)) - before);
}

/** Links in `sw/BUILD`, and in `sw/<architecture>/<package>` where the package is a development package or the link leads to a nightly. */
async function treeLinks({ order }: CellContext): Promise<readonly Link[]> {
  const sw = join(order.paths.area, "sw");
  const development = new Set(order.check.developmentPackages.map(({ directory }) => directory));
  const found = await linksIn(join(sw, "BUILD"), () => true);
  for (const architecture of (await namesIn(sw)).filter((name) => name.includes("_"))) {
    for (const name of await namesIn(join(sw, architecture))) {
      const wanted = (target: string) => development.has(name) || /nightly|daily/.test(target);
      found.push(...(await linksIn(join(sw, architecture, name), wanted)));
    }
  }
  return found;
}

async function linksIn(directory: string, wanted: (target: string) => boolean): Promise<Link[]> {
  const links: Omit<Link, "newest">[] = [];
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    const facts = await lstat(path).catch(() => undefined);
    if (facts?.isSymbolicLink() !== true) continue;
    const target = await readlink(path);
    if (wanted(target)) links.push({ path, target: join(directory, target), setAt: facts.mtimeMs });
  }
  const family = (path: string) => path.slice(0, path.indexOf("latest"));
  return links.map((link) => ({
    ...link,
    newest: !links.some((other) => family(other.path) === family(link.path) && other.setAt > link.setAt),
  }));
}

async function drop(links: readonly Link[], which: (link: Link) => boolean): Promise<readonly Link[]> {
  for (const { path } of links.filter(which)) await rm(path, { force: true });
  return links.filter((link) => !which(link));
}

/** Deleting a few hundred gigabytes takes longer than a short command may. */
async function aliBuildClean(context: CellContext, tool: Tool): Promise<void> {
  const { check } = context.order;
  await runShort(context, tool.program, cleanVectorOf(check), { timeoutMs: milliseconds(check.timeouts.build) });
}
