import { readFile } from "node:fs/promises";
import { run } from "./run.ts";

/** Tables of System V IPC objects, each with the column of the id and the option of `ipcrm`. */
const kinds = [
  { table: "shm", column: "shmid", option: "-m" },
  { table: "sem", column: "semid", option: "-s" },
  { table: "msg", column: "msqid", option: "-q" },
] as const;

/** Removes the objects of System V IPC without `ipcrm`, which some images lack. The arguments are pairs of option and id. */
const python = `import ctypes, sys
libc = ctypes.CDLL(None)
for option, number in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    if option == "-m": libc.shmctl(number, 0, None)
    elif option == "-q": libc.msgctl(number, 0, None)
    else: libc.semctl(number, 0, 0, None)`;

/** The removal of the IPC objects of a user. */
export interface IpcRemoval {
  readonly removed: number;
  readonly left: number;
}

/**
 * Removes the shared memory segments, semaphores and message queues of System V that a user owns or created, in the IPC
 * namespace of this process. They outlive all processes. Does nothing outside Linux.
 */
export async function removeIpcObjects(uid: number, env: Readonly<Record<string, string>>): Promise<IpcRemoval> {
  const found = await objectsOf(uid);
  if (found.length === 0) return { removed: 0, left: 0 };
  const args = found.flatMap(({ option, id }) => [option, id]);
  const command = { cwd: "/", env, timeoutMs: 10_000 };
  await run({ ...command, command: "ipcrm", args });
  if ((await objectsOf(uid)).length > 0)
    await run({ ...command, command: "python3", args: ["-I", "-S", "-c", python, ...args] });
  const left = (await objectsOf(uid)).length;
  return { removed: found.length - left, left };
}

async function objectsOf(uid: number): Promise<readonly { readonly option: string; readonly id: string }[]> {
  const tables = await Promise.all(
    kinds.map(async ({ table, column, option }) => {
      const text = await readFile(`/proc/sysvipc/${table}`, "latin1").catch(() => "");
      const [head = "", ...lines] = text.trimEnd().split("\n");
      const names = head.trim().split(/\s+/);
      const [at, owner, creator] = [column, "uid", "cuid"].map((name) => names.indexOf(name)) as [
        number,
        number,
        number,
      ];
      return lines.flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const id = fields[at];
        const isOwn = [fields[owner], fields[creator]].includes(String(uid));
        return id === undefined || !isOwn ? [] : [{ option, id }];
      });
    }),
  );
  return tables.flat();
}
