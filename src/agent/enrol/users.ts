import { openUserClaims, type UserClaims } from "../../builder/machine/userClaims.ts";
import type { AgentSettings, User } from "../state/settings.ts";
import { type Account, findAccount, isLoginShell } from "./accounts.ts";

/** The users of the two cells of an agent. */
export type HostUsers = Pick<AgentSettings, "baseUser" | "cellUser">;

/** Inputs of `chooseUsers`. */
export interface UsersWish {
  readonly cellUser: string | undefined;
  readonly baseUser: string | undefined;
  /** Settings of an earlier enrolment of this host. */
  readonly known: AgentSettings | undefined;
  /** Settings of the other agents of the machine. */
  readonly others: readonly AgentSettings[];
}

/** First ids of builds and of base branches, where no account is named. `up` claims its users from the same ranges. */
const first = { build: 63_002, base: 64_002 };
const distance = first.base - first.build;
const rangeSize = 500;

/** Chooses and checks the users of the cells. Throws an Error for people if one of them cannot be used. */
export async function chooseUsers(wish: UsersWish): Promise<HostUsers> {
  const { known } = wish;
  const others = usersOf(wish.others);
  const claims = await openUserClaims();
  if (wish.cellUser === undefined && wish.baseUser === undefined) return known ?? freeUsers(others, claims);
  const wanted = wish.cellUser ?? known?.cellUser.name ?? freeUsers(others, claims).cellUser.name;
  const build = await accountFor("--cell-user", wanted);
  const base = await baseFor(build, wish.baseUser ?? known?.baseUser.name);
  if (base.uid === build.uid)
    throw new Error(`--base-user ${base.name}: base branches need another user than builds; choose another account`);
  for (const [option, account] of [
    ["--cell-user", build],
    ["--base-user", base],
  ] as const)
    refuse(option, account, { others, known, claims });
  const plain = ({ name, uid, gid }: Account): User => ({ name, uid, gid });
  return { cellUser: plain(build), baseUser: plain(base) };
}

async function accountFor(option: string, wanted: string): Promise<Account> {
  const account = await findAccount(wanted);
  if (account === undefined)
    throw new Error(`${option} ${wanted}: there is no such account; create it without a login, as docs/hosts.md shows`);
  return account;
}

/** The base user has the name of the build user and `-base`. An id 1000 above serves where ids need no account. */
async function baseFor(build: Account, wanted: string | undefined): Promise<Account> {
  if (wanted !== undefined) return await accountFor("--base-user", wanted);
  const named = build.loginShell === undefined ? undefined : await findAccount(`${build.name}-base`);
  if (named !== undefined) return named;
  if (process.platform === "darwin")
    throw new Error(
      `--base-user is missing, and there is no account ${build.name}-base; create it without a login, as docs/hosts.md shows`,
    );
  return await accountFor("--base-user", String(build.uid + distance));
}

interface Taken {
  /** Agents by the ids of their users. */
  readonly others: ReadonlyMap<number, string>;
  readonly known: AgentSettings | undefined;
  readonly claims: UserClaims;
}

function refuse(option: string, { name, uid, gid, loginShell }: Account, { others, known, claims }: Taken): void {
  const about = `${option} ${name}:`;
  if (uid === 0) throw new Error(`${about} builds never run as root; choose an account of their own`);
  if (gid === 0) throw new Error(`${about} its group is the group of root; choose an account with a group of its own`);
  const other = others.get(uid);
  if (other !== undefined)
    throw new Error(`${about} user ${uid} belongs to agent "${other}"; each agent needs accounts of its own`);
  if (loginShell !== undefined && isLoginShell(loginShell))
    throw new Error(
      `${about} somebody can log in as this user (${loginShell}), and all its processes are killed after each build; choose an account with the shell ${process.platform === "darwin" ? "/usr/bin/false" : "/usr/sbin/nologin"}`,
    );
  const isOurs = [known?.baseUser.uid, known?.cellUser.uid].includes(uid);
  if (!isOurs && !claims.claimAccount(uid))
    throw new Error(
      `${about} user ${uid} runs other processes, and all processes of a build user are killed after each build; choose an account without any`,
    );
}

/** The first pair of ids without an account, a process or an agent. */
function freeUsers(others: ReadonlyMap<number, string>, claims: UserClaims): HostUsers {
  if (process.platform === "darwin")
    throw new Error("--cell-user is missing: create two accounts without a login, as docs/hosts.md shows");
  const isFree = (uid: number) => !others.has(uid) && claims.claim(uid);
  for (let n = 0; n < rangeSize; n += 1) {
    const [build, base] = [first.build + n, first.base + n];
    if (isFree(build) && isFree(base)) return { cellUser: idOnly(build), baseUser: idOnly(base) };
  }
  throw new Error(`no user is free from ${first.build} to ${first.build + rangeSize - 1}; name one with --cell-user`);
}

function idOnly(uid: number): User {
  return { name: String(uid), uid, gid: uid };
}

function usersOf(agents: readonly AgentSettings[]): ReadonlyMap<number, string> {
  return new Map(agents.flatMap(({ name, baseUser, cellUser }) => [baseUser, cellUser].map(({ uid }) => [uid, name])));
}
