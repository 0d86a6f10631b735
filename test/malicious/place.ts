import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { killUser } from "../../src/system/process/killUser.ts";
import { alidist, anInstallation, check, hello, type Installation } from "../support/up/installation.ts";
import type { Mode } from "./attack.ts";
import { inspection } from "./inspection.ts";

/** One machine for a trial, and the folder where canaries report. */
export interface Place {
  readonly machine: Installation;
  readonly reports: string;
  /** A text that only this trial has. */
  readonly run: string;
  /** PATH of `up`. */
  readonly path: string;
  /** Lines of a file of the folder. */
  lines(name: string): readonly string[];
  close(): Promise<void>;
}

const kindsOfReports = ["orders", "shouts", "leaks", "found", "inspected", "ipc", "everywhere"];

/** Creates the machine. A build may write only its own folders, so its reports go through a port of this process. */
export async function aPlace(mode: Mode, volume: string | undefined): Promise<Place> {
  const machine = await anInstallation();
  const run = randomBytes(6).toString("hex");
  const reports = mkdtempSync("/run/malicious-");
  chmodSync(reports, 0o755);
  writeFileSync(join(reports, "run"), run);
  for (const name of kindsOfReports) writeFileSync(join(reports, name), "");
  const inbox = await anInbox(reports);
  const send = `exec 3<> /dev/tcp/127.0.0.1/${inbox.port} && echo`;
  program(join(reports, "report"), `${send} "$*" >&3`);
  program(join(reports, "shout"), `${send} "shouts $(date +%s%3N) $1 \${BUILDERPOOL_CELL:-none}" >&3`);
  program(join(reports, "leak"), `${send} "leaks $*" >&3`);
  mkdirSync(machine.workDir, { recursive: true });
  if (volume !== undefined) execFileSync("mount", ["-t", "tmpfs", "-o", volume, "malicious", machine.workDir]);
  await machine.github.state.pushBranch({
    repository: hello,
    files: { "test/inspect.test": inspection(reports) },
    message: "Look for other builds",
  });
  await machine.declare({
    warmup: { builds: "All" },
    timeouts: { build: "60s" },
    update: { maxSurge: 0 },
    checks: [
      { name: check, repository: hello },
      {
        name: "build/hello/alidist",
        repository: alidist,
        developmentPackages: [{ repository: alidist }, { repository: hello }],
      },
    ],
  });
  return {
    machine,
    reports,
    run,
    path: mode === "namespaces" ? (process.env["PATH"] ?? "") : withoutUnshare(join(machine.directory, "path")),
    lines: (name) =>
      readFileSync(join(reports, name), "utf8")
        .split("\n")
        .filter((line) => line !== ""),
    async close() {
      const users = usersOf(join(machine.workDir, "builders"));
      await machine.close().catch(() => {}); // cannot delete every tree of a build; the next lines do
      for (const uid of users) await killUser({ uid, gid: uid });
      if (volume !== undefined) execFileSync("umount", ["--lazy", machine.workDir]);
      for (const line of readFileSync(join(reports, "ipc"), "utf8").split("\n"))
        removeIpc(...(line.split(" ").slice(1) as [string?, string?]));
      for (const folder of ["/tmp", "/var/tmp", "/dev/shm"])
        for (const name of readdirSync(folder).filter((one) => one.includes(run))) remove(join(folder, name));
      for (const path of readFileSync(join(reports, "everywhere"), "utf8").split("\n"))
        if (path.includes(run)) remove(path);
      remove(machine.directory);
      remove(reports);
      inbox.close();
    },
  };
}

/** Appends the rest of each line to the report that its first word names. */
async function anInbox(reports: string): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => {}); // an attack may kill the sender
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const [kind = "", ...rest] = line.split(" ");
        if (kindsOfReports.includes(kind)) appendFileSync(join(reports, kind), `${rest.join(" ")}\n`);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

function program(path: string, line: string): void {
  writeFileSync(path, `#!/bin/bash\n${line}\n`);
  chmodSync(path, 0o755);
}

/** A folder with links to all programs of the system but `unshare`, to be PATH. */
function withoutUnshare(folder: string): string {
  mkdirSync(folder, { mode: 0o755 });
  const places = (process.env["PATH"] ?? "").split(delimiter).filter((path) => /^\/(usr\/|bin|sbin)/.test(path));
  for (const place of places.filter((path) => existsSync(path)))
    for (const name of readdirSync(place))
      if (name !== "unshare" && !existsSync(join(folder, name))) link(join(place, name), join(folder, name));
  return folder;
}

function link(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch {
    // A broken link of an earlier folder has the name.
  }
}

/** Owners of the folders of all builders, without root. */
function usersOf(builders: string): readonly number[] {
  if (!existsSync(builders)) return [];
  const folders = readdirSync(builders).flatMap((name) =>
    readdirSync(join(builders, name)).map((entry) => join(builders, name, entry)),
  );
  const uids = folders.map((path) => statSync(path, { throwIfNoEntry: false })?.uid ?? 0);
  return [...new Set(uids)].filter((uid) => uid >= 60_000);
}

function removeIpc(kind?: string, number?: string): void {
  const flag = { shm: "-m", sem: "-s", msg: "-q" }[kind ?? ""];
  if (flag === undefined || number === undefined) return;
  try {
    execFileSync("ipcrm", [flag, number], { stdio: "ignore" });
  } catch {
    // The object was in a namespace, or is deleted.
  }
}

/** Node cannot delete paths longer than 4,096 bytes. */
function remove(path: string): void {
  execFileSync("rm", ["-rf", path]);
  rmSync(path, { recursive: true, force: true });
}
