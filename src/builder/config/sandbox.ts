import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { checkDirectoryOf } from "../../core/report/log/paths.ts";
import { type CellOwners, changeOwner } from "../areas/owner.ts";
import type { AreaName } from "../areas/plan.ts";

/**
 * Paths of one builder. `config`, `state`, `forceHashes`, `areas` and `parked` belong to the builder. The base user
 * owns `tools`, `bases` and `baseOwn`: they are read-only for the build user. The build user owns `home` and `tmp`, and
 * the contents of the work areas.
 */
export interface Sandbox {
  readonly root: string;
  readonly config: string;
  readonly state: string;
  readonly pendingLogs: string;
  readonly forceHashes: string;
  /** Installed aliBuild versions. */
  readonly tools: string;
  /** Base work areas, one for each check. */
  readonly bases: string;
  /** HOME and TMPDIR of base orders, closed for the build user. */
  readonly baseOwn: { readonly root: string; readonly home: string; readonly tmp: string };
  /** Holds the work area of the running order, and nothing else. */
  readonly areas: string;
  /** Work areas of all other pull requests. No cell can enter this folder. */
  readonly parked: string;
  /** HOME and TMPDIR of build orders. */
  readonly home: string;
  readonly tmp: string;
  /** Base work area of one check. The base cell creates it. */
  base(check: string): string;
  /** Path of a pull request's work area while an order uses it. */
  area(name: AreaName): string;
}

/** Only the owner enters. */
const closed = 0o700;
/** Others enter and read. Only the owner writes, also in a volume whose files the kubelet opens for the group. */
const readable = 0o755;

export function sandboxOf(root: string): Sandbox {
  const state = join(root, "state");
  const bases = join(root, "base");
  const areas = join(root, "area");
  const own = join(root, "base-own");
  return {
    root,
    config: join(root, "config"),
    state,
    pendingLogs: join(state, "pending-logs"),
    forceHashes: join(root, "force-hashes"),
    tools: join(root, "tools"),
    bases,
    baseOwn: { root: own, home: join(own, "home"), tmp: join(own, "tmp") },
    areas,
    parked: join(root, "parked"),
    home: join(root, "home"),
    tmp: join(root, "tmp"),
    base: (check) => join(bases, checkDirectoryOf(check)),
    area: ({ folder, name }) => join(areas, folder, name),
  };
}

/**
 * Creates the folders. On one machine the folders of a cell change owner to the user of the cell. Their parent belongs
 * to the builder: foreign code cannot replace a folder by a link, and cannot reach `config/`, `state/` or `parked/`. In
 * a pod all users share a group. The umask and the volume's setgid bit allow the group to write, and mounts decide
 * which cell sees a folder.
 */
export async function createFolders(sandbox: Sandbox, owners: CellOwners): Promise<void> {
  const { config, pendingLogs, state, areas, parked, tools, bases, baseOwn, home, tmp } = sandbox;
  for (const folder of [config, pendingLogs, areas, parked]) await mkdir(folder, { recursive: true });
  await chmod(state, closed);
  await chmod(parked, closed);
  await chmod(areas, readable);
  const folders = [
    { owner: owners.base, paths: [tools, bases, baseOwn.root, baseOwn.home, baseOwn.tmp] },
    { owner: owners.build, paths: [home, tmp] },
  ];
  for (const { owner, paths } of folders) {
    for (const folder of paths) {
      await mkdir(folder, { recursive: true });
      if (owner !== undefined) await changeOwner(folder, owner);
    }
  }
  if (owners.base !== undefined) await chmod(baseOwn.root, closed);
  if (owners.build !== undefined) await chmod(sandbox.root, readable);
}
