import { rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { CellName } from "../api/cell/order.ts";
import { systemClock } from "../system/clock.ts";
import { messageOf } from "../system/messageOf.ts";
import { otherProcesses } from "../system/process/survivors.ts";
import { version } from "../system/version.ts";
import { answerProbes } from "./channel/answerProbes.ts";
import { attend, type CellHost } from "./channel/attend.ts";
import { readMemoryLimit } from "./memory.ts";

/*
 * The cell server of a pod:
 * `node serve.ts --cell base|build --socket PATH [--alone] [--probe SOCKET] [--empty DIRECTORY]... -- COMMAND...`.
 * It listens on a unix socket and runs COMMAND, the cell program, for one connection at a time. It refuses orders for
 * the other cell.
 * With --probe it also answers liveness probes at any time. A SOCKET without a slash is abstract.
 * With --alone it kills all other processes of its PID namespace after each order, and removes the objects of System V
 * IPC of its user. It exits at once on SIGTERM.
 * Exit codes: 64 for an invalid command line, or for --alone beside other processes; 1 if it needs a new container.
 */

const badUsage = 64;
/** Builder and cell are different users of one group in a pod, so the group needs access. */
const groupOnly = 0o007;

async function main(): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => process.exit(0));
  const { socket, probe, host } = readCommandLine();
  const others = host.alone ? await lastingProcesses() : 0;
  if (others > 0) {
    throw new Error(
      `--alone: expected a PID namespace with this process and its init only, found ${others} others, which it would kill; leave --alone out`,
    );
  }
  process.umask(groupOnly);
  process.chdir("/");
  if (probe !== undefined) await answerProbes(probe, fail);
  await listen(socket, { ...host, memory: await readMemoryLimit() });
  host.print(`listening on ${socket}`);
}

/** The number of other processes that stay for three seconds. A liveness probe of the kubelet is gone by then. */
async function lastingProcesses(): Promise<number> {
  let others = await otherProcesses();
  for (let looks = 0; others.length > 0 && looks < 12; looks += 1) {
    await systemClock.sleep(250);
    others = await otherProcesses();
  }
  return others.length;
}

function readCommandLine(): {
  readonly socket: string;
  readonly probe: string | undefined;
  readonly host: Omit<CellHost, "memory">;
} {
  const { values, positionals: command } = parseArgs({
    options: {
      cell: { type: "string" },
      socket: { type: "string" },
      probe: { type: "string" },
      alone: { type: "boolean", default: false },
      empty: { type: "string", multiple: true, default: [] },
    },
    allowPositionals: true,
  });
  if (values.socket === undefined) throw new Error("--socket: expected the path to listen on, found none");
  if (command.length === 0) throw new Error("expected -- and the command of the cell program, found none");
  const cell = CellName.safeParse(values.cell).data;
  if (cell === undefined) throw new Error(`--cell: expected base or build, found ${values.cell ?? "none"}`);
  const host = {
    cell,
    command,
    alone: values.alone,
    scratch: values.empty,
    sockets: [values.socket, ...(values.probe === undefined ? [] : [values.probe])],
    version,
    environment: process.env,
    clock: systemClock,
    print: (line: string) => console.log(line),
  };
  return { socket: values.socket, probe: values.probe, host };
}

/** Serves one connection at a time, in the order of arrival. */
function listen(path: string, host: CellHost): Promise<void> {
  rmSync(path, { force: true });
  let previous = Promise.resolve();
  let inode = 0;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (connection) => {
    connection.on("error", () => {});
    previous = previous
      .then(() => attend(connection, host))
      .then(() => refuseReplacedSocket(path, inode))
      .catch(fail);
  });
  server.on("error", fail);
  return new Promise((resolve) => {
    server.listen(path, () => {
      inode = statSync(path).ino;
      resolve();
    });
  });
}

/** A build can replace the socket with its own. The next builder would take that socket for the cell. */
function refuseReplacedSocket(path: string, inode: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.ino === inode) return;
  throw new Error(`${path} was replaced by a build; the cell exits, and a new container creates the socket again`);
}

function fail(error: unknown): never {
  console.error(messageOf(error));
  process.exit(1);
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(badUsage);
});
