import { lstat, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { milliseconds } from "../../api/values/duration.ts";
import { cleanVectorOf } from "../../core/definitions/alibuild.ts";
import { type CellContext, runShort } from "../cellContext.ts";
import { namesIn, removePlantedLinks } from "../disk/plantedLinks.ts";
import { emptyFolder, reportLeftover } from "../disk/remove.ts";
import { freeBytesOf } from "../disk/space.ts";
import type { Tool } from "../tool/tool.ts";

/** A link that protects a build tree or an installation from deletion. */
interface Link {
  readonly path: string;
  readonly target: string;
  /** Time of its last change, milliseconds since 1970. */
  readonly setAt: number;
  /** Whether it is the newest of its package, with the tree that the next build starts from. */
  readonly newest: boolean;
}

/**
 * Applies the cleanup policy to the work area of one check. Removes links older than `maxAge`, then the oldest links
 * until `minFree` bytes are free. aliBuild deletes trees without a link. The newest tree of a package always stays: if
 * others use the space, its deletion would only make every build cold. Links set since `suspectSince` belong to a build
 * that filled the disk, and are removed. Returns the freed bytes.
 */
export async function clean(
  context: CellContext,
  tool: Tool,
  suspectSince = Number.POSITIVE_INFINITY,
): Promise<number> {
  const { order, clock } = context;
  await context.emit({ event: "step", step: "clean" });
  const before = await freeBytesOf(order.paths.area);
  await removePlantedLinks(order.paths.area);
  let links = await treeLinksOf(context);
  links = await removeLinks(links, ({ setAt }) => setAt < clock.now() - order.limits.maxAge || setAt >= suspectSince);
  await aliBuildClean(context, tool);
  while ((await freeBytesOf(order.paths.area)) < order.limits.minFree) {
    const kept = new Set(links.filter(({ newest }) => newest).map(({ target }) => target));
    const oldest = links.filter(({ target }) => !kept.has(target)).toSorted((a, b) => a.setAt - b.setAt)[0];
    if (oldest === undefined) break;
    links = await removeLinks(links, ({ target }) => target === oldest.target);
    await aliBuildClean(context, tool);
  }
  reportLeftover(await emptyFolder(order.paths.tmp));
  return Math.max(0, (await freeBytesOf(order.paths.area)) - before);
}

/** Links in `sw/BUILD`, and in `sw/<architecture>/<package>` for development packages and nightlies. */
async function treeLinksOf({ order }: CellContext): Promise<readonly Link[]> {
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

async function removeLinks(links: readonly Link[], matches: (link: Link) => boolean): Promise<readonly Link[]> {
  for (const { path } of links.filter(matches)) await rm(path, { force: true });
  return links.filter((link) => !matches(link));
}

/**
 * Runs `aliBuild clean` with the build timeout, since a deletion of hundreds of gigabytes exceeds the command timeout.
 */
async function aliBuildClean(context: CellContext, tool: Tool): Promise<void> {
  const { check } = context.order;
  await runShort(context, tool.program, cleanVectorOf(check), { timeoutMs: milliseconds(check.timeouts.build) });
}
