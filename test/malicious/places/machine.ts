import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { killUser } from "../../../src/system/process/killUser.ts";
import { anInstallation, hello } from "../../support/up/installation.ts";
import { record } from "../../support/up/recorder.ts";
import type { Ground, LocalMode } from "../attack.ts";
import { inspection } from "../inspection.ts";
import { poolOfTrial } from "../pullRequest.ts";
import { anInbox } from "./inbox.ts";
import { type Place, until } from "./place.ts";

/** Seconds in which `up` must be ready on a loaded machine. */
const readyLimit = 180;

const groundOf = (reports: string): Ground => ({
  reports,
  guard: '[ "$(id -u)" -ge 60000 ] || exit 1; case $HOME in */builders/*/*) ;; *) exit 1 ;; esac',
  folders:
    "sandbox=${HOME%/builders/*}/builders/hello-0 work=${HOME%/builders/*} tools=${HOME%/builders/*}/builders/hello-0/tools",
});

/** Starts `up` on this machine, with its disk on a tmpfs if `volume` has mount options. */
export async function aMachine(mode: LocalMode, volume: string | undefined): Promise<Place> {
  const machine = await anInstallation();
  const { github, workDir } = machine;
  const run = randomBytes(6).toString("hex");
  const reports = mkdtempSync("/run/malicious-");
  const ground = groundOf(reports);
  const inbox = await anInbox("127.0.0.1");
  chmodSync(reports, 0o755);
  writeFileSync(join(reports, "run"), run);
  for (const [name, text] of Object.entries(inbox.programs)) writeFileSync(join(reports, name), text, { mode: 0o755 });
  mkdirSync(workDir, { recursive: true });
  if (volume !== undefined) execFileSync("mount", ["-t", "tmpfs", "-o", volume, "malicious", workDir]);
  const pushBase: Place["pushBase"] = async (files) =>
    void (await github.state.pushBranch({ repository: hello, files, message: "Change the base" }));
  await pushBase({ "test/inspect.test": inspection(ground) });
  await machine.declare(poolOfTrial);
  const path = mode === "namespaces" ? (process.env["PATH"] ?? "") : withoutUnshare(join(machine.directory, "path"));
  let isOver = false;
  let recorder: ReturnType<typeof record> | undefined;

  async function close(): Promise<void> {
    recorder?.close();
    const users = usersOf(join(workDir, "builders"));
    await machine.close().catch(() => {}); // cannot delete every tree of a build; the next lines do
    for (const uid of users) await killUser({ uid, gid: uid });
    if (volume !== undefined) execFileSync("umount", ["--lazy", workDir]);
    for (const line of inbox.lines("ipc")) removeIpc(...(line.split(" ").slice(1) as [string?, string?]));
    for (const folder of ["/tmp", "/var/tmp", "/dev/shm"])
      for (const name of readdirSync(folder).filter((one) => one.includes(run))) remove(join(folder, name));
    for (const line of inbox.lines("everywhere")) if (line.includes(run)) remove(line);
    remove(machine.directory);
    remove(reports);
    inbox.close();
  }

  try {
    const up = machine.upAs({ path });
    void up.ended.then(() => {
      isOver = true;
    });
    const timesReady = () => (up.output().match(/hello-0: ready/g) ?? []).length;
    await up.line(/hello-0: ready/, readyLimit * 1000);
    const recorded = record(workDir);
    recorder = recorded;
    return {
      ...{ ground, run, pushBase, close },
      lines: inbox.lines,
      async propose(title, { repository, files }) {
        const { number } = await machine.propose(title, files, { repository });
        return { repository, number };
      },
      builds: async () => recorded.builds(),
      writes: async () => recorded.writes(),
      async restart(seconds) {
        const before = timesReady();
        await machine.run("restart", "hello-0");
        return until(() => timesReady() > before, seconds);
      },
      isOver: () => isOver,
      modes: machineModes,
      remarks: async () => up.output().split("\n").slice(-60).join("\n"),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Modes of folders that every program needs. Root of `up` could change them through a link of a build. */
function machineModes(): string {
  const folders = ["/", "/etc", "/usr", "/var", "/root", "/run", "/tmp", "/var/tmp", "/dev/shm"];
  return folders.map((path) => `${path} ${(statSync(path).mode & 0o7777).toString(8)}`).join(", ");
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
