import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { greeting, type Installation } from "./installation.ts";

/** A change with a test that runs until `release`. */
export interface Held {
  readonly files: Readonly<Record<string, string>>;
  release(): Promise<void>;
  /** Number of running processes of its build. */
  processes(): number;
}

/** Creates sources with a build that runs until `release`. `name` must be unique in the installation. */
export function held(machine: Installation, name: string): Held {
  const gate = join(machine.directory, `go-${name}`);
  return {
    files: { ...greeting(`Hello, ${name}`), "test/held.test": waitFor(gate) },
    release: () => writeFile(gate, ""),
    processes: () => processesWith(gate),
  };
}

/** A shell script, also usable as a program, that ends when the file exists. */
export function waitFor(file: string): string {
  return `#!/bin/sh\nexec sh -c 'until test -e ${file}; do sleep 0.1; done'\n`;
}

/** Number of processes of this machine with the text in their command line. */
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
