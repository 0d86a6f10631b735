import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostFacts } from "../../core/host/diagnose.ts";
import { killUser, usersWithProcesses } from "../../system/process/killUser.ts";

/** A program that starts a copy of itself in a session of its own, with an empty environment, and exits. */
const flee = (life: string) =>
  `require("node:child_process").spawn(process.execPath,["-e",${JSON.stringify(life)}],{detached:true,stdio:"ignore",env:{}}).unref()`;
/** Longest life of the process, if nothing kills it: 5 min. */
const life = "setTimeout(()=>{},300000)";
const tries = 50;

/** Lets a process of the user flee, kills everything of the user, and reports what is left. No build may run. */
export async function tryFleeing(
  node: string,
  user: { readonly uid: number; readonly gid: number },
): Promise<NonNullable<HostFacts["fleeing"]>> {
  spawn(node, ["-e", flee(life)], { ...user, cwd: "/", env: {}, detached: true, stdio: "ignore" }).on(
    "error",
    () => {},
  );
  let wasFound = false;
  for (let count = 0; count < tries && !wasFound; count += 1) {
    await sleep(100);
    wasFound = (await usersWithProcesses()).has(user.uid);
  }
  await sleep(500); // The first process exits, and the second one is alone.
  const { left } = await killUser(user);
  return { wasFound, left };
}
