import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openUserClaims } from "../../../src/builder/machine/userClaims.ts";
import { createCellUsers } from "../../../src/local/cells/cellUsers.ts";
import { killUser } from "../../../src/system/process/killUser.ts";

const isRoot = process.getuid?.() === 0;
const module = resolve(import.meta.dirname, "../../../src/builder/machine/userClaims.ts");
const first = 78_010;

describe.runIf(isRoot)("the claims on user ids", () => {
  let folder = "";
  let started: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "claims-"));
    chmodSync(folder, 0o711);
    started = [];
  });
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  /** Another \`up\` that holds an id. */
  async function holder(uid: number): Promise<ChildProcess> {
    const script = `const { openUserClaims } = await import(process.argv[1]);
      const { claim } = await openUserClaims(process.argv[2]); console.log(claim(${uid})); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, module, join(folder, "claims")]);
    started.push(child);
    const [answer] = await once(child.stdout, "data");
    expect(String(answer)).toBe("true\n");
    return child;
  }

  it("belong to one process, and are free after it was killed", async () => {
    const other = await holder(first);
    const { claim, problem } = await openUserClaims(join(folder, "claims"));
    expect(problem).toBeUndefined();
    expect([claim(first), claim(first + 1), claim(first + 1)]).toEqual([false, true, true]);
    other.kill("SIGKILL");
    await once(other, "exit");
    expect(claim(first)).toBe(true);
  });

  it("never cover an account, or a user that already runs processes", async () => {
    const child = spawn("sleep", ["100"], { uid: first, gid: first, cwd: "/" });
    started.push(child);
    await once(child, "spawn");
    const { claim, claimAccount } = await openUserClaims(join(folder, "claims"));
    expect([claim(first), claimAccount(first), claim(1), claimAccount(1)]).toEqual([false, false, false, true]);
    expect(existsSync(join(folder, "claims", String(first)))).toBe(false);
  });

  it("cover a user that was claimed before, with the processes that builds left", async () => {
    const { claim } = await openUserClaims(join(folder, "claims"));
    expect(claim(first)).toBe(true);
    const other = await holder(first + 1);
    other.kill("SIGKILL");
    await once(other, "exit");
    started.push(spawn("sleep", ["100"], { uid: first + 1, gid: first + 1, cwd: "/" }));
    const again = await openUserClaims(join(folder, "claims"));
    expect(again.claim(first + 1)).toBe(true);
    expect((await killUser({ uid: first + 1, gid: first + 1 })).killed).toBe(1);
  });

  it("give two `up` with one --cell-user different users", async () => {
    await holder(first);
    const claims = await openUserClaims(join(folder, "claims"));
    const users = await createCellUsers(String(first + 2), join(folder, "builders"), [], false, claims);
    const userWith = (uid: number) => ({ uid, gid: uid, isExclusive: true });
    expect(users.usersOf?.("a-0")).toEqual({ build: userWith(first + 2), base: userWith(first + 1002) });
    expect(users.usersOf?.("b-0")).toEqual({ build: userWith(first + 3), base: userWith(first + 1003) });
    await expect(createCellUsers("0", folder, [], false, claims)).rejects.toThrow("builds never run as root");
  });

  it("mark no user as exclusive if the folder cannot be created", async () => {
    const claims = await openUserClaims("/dev/null/builderpool");
    const users = await createCellUsers(undefined, join(folder, "builders"), [], false, claims);
    expect(users.usersOf?.("a-0")).toMatchObject({ build: { isExclusive: false }, base: { isExclusive: false } });
    expect(users.meaning).toContain("found by a mark in their environment, because no user can be reserved (ENOTDIR");
  });
});
