import { rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { systemClock } from "../system/clock.ts";
import { messageOf } from "../system/messageOf.ts";
import { otherProcesses } from "../system/process/survivors.ts";
import { version } from "../system/version.ts";
import { attend, type CellHost } from "./channel/attend.ts";
import { memoryLimit } from "./memory.ts";

/*
 * The context of a builder in a pod. `node serve.ts --socket PATH [--alone] [--empty DIRECTORY]... -- COMMAND...`: listens on a unix socket and
 * runs COMMAND, the cell program, once for each connection, one at a time. With --alone everything else in the PID namespace is killed
 * after each order. Ends at once on SIGTERM. Exit codes: 64 for a command line that makes no sense, or --alone where others are; 1 when it
 * cannot go on, for then a new container is the cure.
 */

const badUsage = 64;
/** In a pod builder and cell are different users of one group. */
const groupOnly = 0o007;

async function main(): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => process.exit(0));
  const { socket, host } = readCommandLine();
  const strangers = host.alone ? await otherProcesses() : 0;
  if (strangers > 0) {
    throw new Error(
      `--alone: expected a PID namespace with this process and its init only, found ${strangers} others, which it would kill; leave --alone out`,
    );
  }
  process.umask(groupOnly);
  process.chdir("/");
  await listen(socket, { ...host, memory: await memoryLimit() });
  host.say(`listening on ${socket}`);
}

function readCommandLine(): { readonly socket: string; readonly host: Omit<CellHost, "memory"> } {
  const { values, positionals: command } = parseArgs({
    options: {
      socket: { type: "string" },
      alone: { type: "boolean", default: false },
      empty: { type: "string", multiple: true, default: [] },
    },
    allowPositionals: true,
  });
  if (values.socket === undefined) throw new Error("--socket: expected the path to listen on, found none");
  if (command.length === 0) throw new Error("expected -- and the command of the cell program, found none");
  const host = {
    command,
    alone: values.alone,
    scratch: values.empty,
    version,
    environment: process.env,
    clock: systemClock,
    say: (line: string) => console.log(line),
  };
  return { socket: values.socket, host };
}

/** Connections wait in the order of their arrival. */
function listen(path: string, host: CellHost): Promise<void> {
  rmSync(path, { force: true });
  let turn = Promise.resolve();
  let inode = 0;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (connection) => {
    connection.on("error", () => {});
    turn = turn
      .then(() => attend(connection, host))
      .then(() => refuseImpostor(path, inode))
      .catch(give);
  });
  server.on("error", give);
  return new Promise((resolve) => {
    server.listen(path, () => {
      inode = statSync(path).ino;
      resolve();
    });
  });
}

/** A build can put a socket of its own in the place of ours, which the next builder would take for the cell. */
function refuseImpostor(path: string, inode: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.ino === inode) return;
  throw new Error(`${path} was replaced by a build; a new container makes it anew`);
}

function give(error: unknown): never {
  console.error(messageOf(error));
  process.exit(1);
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(badUsage);
});
