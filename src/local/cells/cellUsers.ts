import { accessSync, constants, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import type { CellUser } from "../../builder/areas/owner.ts";
import { gitHomeOf } from "../../builder/git/owner.ts";
import { type BuilderUsers, createBuilderUsers, gitUserOf } from "../../builder/machine/builderUsers.ts";
import { isReachable } from "../../builder/machine/reach.ts";
import type { UserClaims } from "../../builder/machine/userClaims.ts";

/** The users that cells run as. */
export interface CellUsers {
  /** Returns the users of a builder's cells. Absent when cells run as the user of this process. */
  readonly usersOf?: (builder: string) => BuilderUsers;
  /** The user that fetches repositories. Absent when git runs as the user of this process. */
  readonly git?: CellUser;
  /** Users of git, and of the builders that have a sandbox. */
  readonly reserved?: readonly CellUser[];
  /** One sentence for people: the users, and the files that builds can read as these users. */
  readonly meaning: string;
}

/**
 * First user id of builds. It needs no account. Pods run builds as 65002, so a pod on the same machine shares no user
 * with `up`, which kills all processes of its users.
 */
const first = 63002;
/** Distance from the range of builds to the range of base branches. */
const distance = 1000;

/**
 * Decides as which users the cells of the builders in the folder `builders` run. Root runs the two cells of a builder as
 * two unprivileged users: builds from `wanted` upwards, or else from 63002, and base branches 1000 above. Git gets a user
 * of its own, 500 above the first user of base branches. Other users
 * can run cells only as themselves. Every user must be able to enter `mustReach`. With `claims`, every user belongs to
 * one builder of the machine. Throws an Error for people if `wanted` cannot be used.
 */
export async function createCellUsers(
  wanted: string | undefined,
  builders: string,
  mustReach: readonly string[],
  tokenGiven: boolean,
  claims?: UserClaims,
): Promise<CellUsers> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) {
    if (wanted !== undefined)
      throw new Error(
        `--cell-user ${wanted}: only root can run builds as another user; start \`up\` as root, or omit the flag`,
      );
    return {
      meaning: `builds run as the user of this process: they can read its files, credentials in \`secrets/\` included${exposure(tokenGiven)}; they are not isolated from each other, so pools need trust.approvals: Strict; start \`up\` as root to run builds as separate users`,
    };
  }
  const user = wanted === undefined ? { uid: first, gid: first } : await lookUp(wanted);
  const base = { uid: user.uid + distance, gid: user.uid + distance };
  const range = [user, { uid: user.uid + 1 }, base];
  const closed = [...mustReach, builders].find((path) => range.some((one) => !isReachable(path, one)));
  if (closed === undefined) {
    if (wanted !== undefined) refuseBusy(wanted, user, claims);
    const isExclusive = claims !== undefined && claims.problem === undefined;
    const shared =
      claims?.problem === undefined
        ? ""
        : `; processes of a build are found by a mark in their environment, because no user can be reserved (${claims.problem})`;
    const users = { build: { ...user, isExclusive }, base: { ...base, isExclusive } };
    const all = createBuilderUsers(builders, users, claims?.claim);
    const git = gitUserOf(gitHomeOf(join(dirname(builders), "mirrors")), users.base, claims?.claim);
    return {
      usersOf: all.usersOf,
      git,
      reserved: [...all.reserved, git],
      meaning: `builds run as users ${user.uid} and up, one for each builder: they cannot read this process or its credentials, and cannot change its files; base branches run as users ${base.uid} and up, and builds cannot change their tools and packages; git runs as user ${git.uid}${shared}`,
    };
  }
  const sentence = `user ${user.uid} cannot enter ${closed}`;
  if (wanted !== undefined)
    throw new Error(
      `--cell-user ${wanted}: ${sentence}; open that folder for other users (chmod o+x), or move the checkout and the work folder elsewhere`,
    );
  return {
    meaning: `builds run as root, because ${sentence}: they can read everything on this machine, and are not isolated from each other, so pools need trust.approvals: Strict; move the checkout and the work folder to places that other users can enter, such as /opt and /var/lib`,
  };
}

/** Claims the first user of a range. Only an explicit choice may name an account. */
function refuseBusy(wanted: string, { uid }: CellUser, claims: UserClaims | undefined): void {
  if (uid === 0) throw new Error(`--cell-user ${wanted}: builds never run as root; choose another user`);
  if (claims === undefined || claims.claimAccount(uid)) return;
  throw new Error(
    `--cell-user ${wanted}: user ${uid} runs other processes, and all processes of a build user are killed after each build; choose a user without any`,
  );
}

async function lookUp(wanted: string): Promise<CellUser> {
  const numbers = /^(?<uid>[0-9]+)(:(?<gid>[0-9]+))?$/.exec(wanted)?.groups;
  if (numbers !== undefined) return { uid: Number(numbers["uid"]), gid: Number(numbers["gid"] ?? numbers["uid"]) };
  const ids = await Promise.all(["-u", "-g"].map((flag) => execa("id", [flag, "--", wanted], { reject: false })));
  const [uid, gid] = ids.map(({ stdout, exitCode }) => (exitCode === 0 ? Number(stdout) : Number.NaN));
  if (uid === undefined || gid === undefined || Number.isNaN(uid + gid)) {
    throw new Error(`--cell-user ${wanted}: there is no such user; expected a name, UID or UID:GID of this machine`);
  }
  return { uid, gid };
}

/**
 * Describes where builds of the same user can read the token: in the environment of a parent process, or in our memory.
 */
function exposure(tokenGiven: boolean): string {
  if (!tokenGiven) return "";
  const named = ancestors().filter(({ environ }) => /(^|\0)GITHUB_TOKEN=./.test(environ));
  const list = named.map(({ pid, name }) => `${name} (${pid})`).join(", ");
  return named.length === 0
    ? ", and the GitHub token in its memory if the system allows that to processes of the same user"
    : `, and the GitHub token in the environment of ${list}`;
}

function ancestors(): readonly { readonly pid: number; readonly name: string; readonly environ: string }[] {
  const found: { pid: number; name: string; environ: string }[] = [];
  for (let pid = process.ppid; pid > 1; ) {
    try {
      accessSync(`/proc/${pid}/environ`, constants.R_OK);
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      found.push({
        pid,
        name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? "?",
        environ: readFileSync(`/proc/${pid}/environ`, "latin1"),
      });
      pid = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
    } catch {
      break;
    }
  }
  return found;
}
