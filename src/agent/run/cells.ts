import { join } from "node:path";
import type { CellUser } from "../../builder/areas/owner.ts";
import type { Cells } from "../../builder/cells/cells.ts";
import { probeIsolation } from "../../builder/cells/isolation.ts";
import { gitHomeOf } from "../../builder/git/owner.ts";
import { type BuilderUsers, gitUserOf } from "../../builder/machine/builderUsers.ts";
import { copySecrets } from "../../builder/machine/cellSecrets.ts";
import { stopLeftovers } from "../../builder/machine/leftovers.ts";
import { createLocalCells, secretFoldersOf } from "../../builder/machine/localCells.ts";
import { openUserClaims } from "../../builder/machine/userClaims.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Programs } from "../programs.ts";
import type { AgentSettings } from "../state/settings.ts";

/** The users of one host. */
export interface HostUsers extends BuilderUsers {
  /** User that fetches repositories, an id without an account above the one of the base user. */
  readonly git: CellUser;
}

/** The users of the host, claimed for this process. Throws an Error for people if another process has one. */
export async function claimUsers({ name, baseUser, cellUser, workDir }: AgentSettings): Promise<HostUsers> {
  const claims = await openUserClaims();
  for (const user of [baseUser, cellUser]) {
    if (claims.claimOwn(user.uid)) continue;
    throw new Error(
      `user ${user.name} (${user.uid}) of agent "${name}" runs builds of another agent or of \`builderpool up\`; enrol this host again with another --cell-user`,
    );
  }
  const exclusive = ({ uid, gid }: AgentSettings["baseUser"]) => ({ uid, gid, isExclusive: true });
  const [base, build] = [exclusive(baseUser), exclusive(cellUser)];
  return { base, build, git: gitUserOf(gitHomeOf(mirrorsIn(workDir)), base, claims.claim) };
}

/** Inputs of `createHostCells`. */
export interface HostCellsWorld {
  readonly workDir: string;
  readonly sandbox: string;
  readonly users: HostUsers;
  readonly programs: Programs;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Kills everything that earlier builds left on the machine, and creates the two cells of the host. */
export async function createHostCells(world: HostCellsWorld): Promise<Cells> {
  const { workDir, users, programs, environment, log, ...rest } = world;
  const killed = await stopLeftovers(workDir, [users.build, users.base, users.git]);
  if (killed > 0) log.warn({ killed }, "killed processes that earlier builds left");
  const isolation = await probeIsolation(environment);
  log.info({ ...isolation }, "isolation of builds on this machine");
  const { node, cell: program, sweeper } = programs;
  return createLocalCells({
    ...rest,
    users,
    mirrors: mirrorsIn(workDir),
    environment,
    isolation,
    node,
    program,
    sweeper,
    log,
  });
}

/** Copies the Secrets in `from` into a folder for each cell. Only the group of its user can read a folder. */
export async function shareSecrets(
  from: string,
  names: readonly string[],
  { sandbox, users }: { readonly sandbox: string; readonly users: BuilderUsers },
): Promise<void> {
  const { build, base } = secretFoldersOf(sandbox);
  await copySecrets({ from, names, to: build, user: users.build });
  await copySecrets({ from, names, to: base, user: users.base });
}

/** Folder of the mirrors in the work folder. */
export function mirrorsIn(workDir: string): string {
  return join(workDir, "mirrors");
}

/** Folder of the builder in the work folder. */
export function sandboxIn(workDir: string, name: string): string {
  return join(workDir, "builders", name);
}
