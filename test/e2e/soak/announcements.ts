import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { helloSources } from "../../support/alidist/sources.ts";
import { greeting } from "../../support/up/installation.ts";
import type { Flavour } from "./schedule.ts";

/** One run of the build of a change, as the build announced it. All times are milliseconds of this machine. */
export interface Run {
  readonly change: string;
  /** Name of the pod. */
  readonly pod: string;
  readonly began: number;
  /** Last sign of life. */
  readonly last: number;
  /** Whether the build ran to its end. */
  readonly ended: boolean;
}

/** Receives the announcements of builds. */
export interface Announcements {
  /** The files of a change whose build announces start, life and end. */
  filesOf(change: string, flavour: Flavour, seconds: number): Readonly<Record<string, string>>;
  runs(): readonly Run[];
  close(): Promise<void>;
}

type MutableRun = { -readonly [Key in keyof Run]: Run[Key] };

/** Starts a listener at an address that pods reach. */
export async function listenForBuilds(host: string): Promise<Announcements> {
  const runs: MutableRun[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let run: MutableRun | undefined;
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    createInterface({ input: socket }).on("line", (line) => {
      const [word, change = "", pod = ""] = line.split(" ");
      const now = Date.now();
      if (word === "begin") {
        run = { change, pod, began: now, last: now, ended: false };
        runs.push(run);
      }
      if (run === undefined) return;
      run.last = now;
      run.ended ||= word === "end";
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const original = helloSources()["build.sh"] ?? "";
  return {
    filesOf: (change, flavour, seconds) => ({
      ...(flavour === "compileError" ? { "src/greeting.cxx": broken } : greeting(`Hello, ${change}`)),
      "compile.sh": original,
      "build.sh": announced(`${host}/${port}`, change, seconds),
      "test/fails.test": flavour === "failingTest" ? "echo this test fails; false\n" : "true\n",
    }),
    runs: () => runs,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const broken = 'const char* greeting()\n{\n  return "no semicolon"\n}\n';

/** Runs compile.sh, and announces its life every quarter of a second. */
function announced(address: string, change: string, seconds: number): string {
  return `#!/bin/bash
trap "" PIPE
exec 3<> /dev/tcp/${address}
say() { echo "$*" >&3; } 2> /dev/null
say begin ${change} $(cat /proc/sys/kernel/hostname)
for beat in $(seq ${Math.ceil(seconds * 4)}); do sleep 0.25; say beat; done
sh ./compile.sh
result=$?
say end
exit $result
`;
}
