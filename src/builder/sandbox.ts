import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { normalisedCheck } from "../core/report/paths.ts";

/** Where everything of one builder lies. The first four belong to the builder, the others to the cell's user. */
export interface Sandbox {
  readonly config: string;
  readonly state: string;
  readonly forceHashes: string;
  readonly pendingLogs: string;
  readonly tools: string;
  readonly home: string;
  readonly tmp: string;
  readonly areas: string;
  /** Work area of one check. */
  area(check: string): string;
}

export function sandboxAt(root: string): Sandbox {
  const areas = join(root, "area");
  return {
    config: join(root, "config"),
    state: join(root, "state"),
    forceHashes: join(root, "force-hashes"),
    pendingLogs: join(root, "state", "pending-logs"),
    tools: join(root, "tools"),
    home: join(root, "home"),
    tmp: join(root, "tmp"),
    areas,
    area: (check) => join(areas, normalisedCheck(check)),
  };
}

/** Creates what is missing and gives each folder to whom it belongs: foreign code must reach neither config nor state. */
export async function layOut(
  sandbox: Sandbox,
  cellUser: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  for (const folder of [sandbox.config, sandbox.state, sandbox.pendingLogs]) await mkdir(folder, { recursive: true });
  await chmod(sandbox.state, 0o700);
  for (const folder of [sandbox.areas, sandbox.tools, sandbox.home, sandbox.tmp]) {
    await give(folder, cellUser);
  }
}

/** Creates the work area of a check. */
export async function layOutArea(
  sandbox: Sandbox,
  check: string,
  cellUser: { readonly uid: number; readonly gid: number } | undefined,
): Promise<string> {
  const area = sandbox.area(check);
  await give(area, cellUser);
  return area;
}

async function give(folder: string, user: { readonly uid: number; readonly gid: number } | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (user === undefined) return;
  await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o750);
}
