import { readFile } from "node:fs/promises";
import { run } from "./run.ts";

/** Each user with keys has a line: the user, a colon and counts. */
const table = "/proc/key-users";

/**
 * Clears the keyrings of the user, and ends with 1 if one of them still has keys. -4 and -5 are the keyrings of a user
 * and of its sessions. 22 finds the persistent keyring, and -2 is a keyring of this process. Node has no call for this.
 */
const program = `
import ctypes, platform, sys
number = {"x86_64": 250, "aarch64": 219}.get(platform.machine())
if number is None: sys.exit(2)
keyctl = lambda *words: ctypes.CDLL(None).syscall(number, *(ctypes.c_long(word) for word in words))
rings = [-4, -5, keyctl(22, -1, -2)]
for ring in rings: keyctl(7, ring)
sys.exit(any(keyctl(11, ring, 0, 0) > 0 for ring in rings if ring != -1))
`;

/**
 * Empties the keyrings of a user. They outlive all processes of the user. False if keys may be left: the kernel lists
 * keys of the user, and Python is missing or the user closed a keyring.
 */
export async function emptyKeyrings(
  user: { readonly uid: number; readonly gid: number },
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  const users = await readFile(table, "utf8").catch(() => "");
  if (!new RegExp(`^ *${user.uid}:`, "m").test(users)) return true;
  const args = ["-I", "-c", program];
  const { exitCode } = await run({ command: "python3", args, cwd: "/", env, user, timeoutMs: 10_000 });
  return exitCode === 0;
}
