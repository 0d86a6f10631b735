import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { greeting, type Installation } from "./installation.ts";

/** A change whose test goes on until it is let go. */
export interface Held {
  readonly files: Readonly<Record<string, string>>;
  release(): Promise<void>;
  /** Processes of its build that live now. */
  processes(): number;
}

/** Sources whose build goes on until `release`; `name` tells it from every other one of the installation. */
export function held(machine: Installation, name: string): Held {
  const gate = join(machine.directory, `go-${name}`);
  return {
    files: { ...greeting(`Hello, ${name}`), "test/held.test": waitFor(gate) },
    release: () => writeFile(gate, ""),
    processes: () => processesWith(gate),
  };
}

/** A shell script, to be run as a program too, that ends when the file is there. */
export function waitFor(file: string): string {
  return `#!/bin/sh\nexec sh -c 'until test -e ${file}; do sleep 0.1; done'\n`;
}

/** How many processes of this machine have the text in their command line. */
export function processesWith(text: string): number {
  const pids = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name) && name !== String(process.pid));
  return pids.filter((pid) => commandLine(pid).includes(text)).length;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
