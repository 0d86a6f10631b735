import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { bundle, programs } from "../../../scripts/build/bundle.ts";
import { cellCommand } from "../../../src/core/pool/manifest/capsule.ts";
import { builderUser, cellUser, sharedGroup } from "../../../src/core/pool/manifest/security.ts";
import { handedOn } from "../builder/handedOn.ts";
import { type Container, follow, until } from "../cell/serveCell.ts";
import { aCapsule } from "./capsule.ts";

/**
 * Imitates the volumes and users of a pod with folders and users of this machine, for tests without a kubelet. Needs
 * root.
 */
export interface PodFolder {
  readonly data: string;
  readonly socket: string;
  /** Folder visible only to the builder: its tokens. */
  readonly secrets: string;
  /** Starts the container `cell` as its user in its own PID namespace. */
  startCell(): Promise<Container>;
  /** Starts the container `builder` with this environment. */
  startBuilder(environment: Readonly<Record<string, string>>): Container;
}

const path = "/usr/local/bin:/usr/bin:/bin";

export async function aPodFolder(): Promise<PodFolder> {
  const root = mkdtempSync(join(tmpdir(), "builderpool-pod-"));
  const started: Container[] = [];
  onTestFinished(async () => {
    for (const { child, serving } of started) end(child, serving);
    await Promise.all(started.map(({ ended }) => ended));
    rmSync(root, { recursive: true, force: true });
  });
  chmodSync(root, 0o755);
  const [capsule, data, run, secrets] = ["capsule", "data", "run", "secrets"].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [data, join(data, "work"), join(data, "mirror"), run, secrets]) {
    mkdirSync(folder);
    chownSync(folder, folder === secrets ? builderUser : 0, sharedGroup);
    chmodSync(folder, folder === secrets ? 0o700 : 0o2770);
  }
  await aCapsule(capsule);
  await bundle(resolve(import.meta.dirname, "../../..", programs.builder), "builder", join(capsule, "app"));
  const socket = join(run, "cell.sock");
  const launch = (words: readonly string[], env: Readonly<Record<string, string>>) => {
    const [program = "", ...args] = words;
    const container = follow(spawn(program, args, { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"] }));
    started.push(container);
    return container;
  };
  const as = (user: number) => ["setpriv", `--reuid=${user}`, `--regid=${sharedGroup}`, "--clear-groups"];
  return {
    data,
    socket,
    secrets,
    async startCell() {
      const command = cellCommand.map((word) => word.replace(/^\/capsule/, capsule).replace(/^\/run\/cell/, run));
      const withoutScratch = command.flatMap((word, index) =>
        word === "--empty" || command[index - 1] === "--empty" ? [] : [word],
      );
      const alone = ["unshare", "--pid", "--fork", "--mount-proc"];
      const cell = launch([...alone, ...as(cellUser), ...withoutScratch], { ...handedOn(process.env), PATH: path });
      await until(() => cell.output().includes("listening"));
      return cell;
    },
    startBuilder(environment) {
      const node = [`${capsule}/loader`, "--library-path", `${capsule}/lib`, `${capsule}/node`];
      return launch([...as(builderUser), ...node, `${capsule}/app/builder.mjs`], { PATH: path, ...environment });
    },
  };
}

/** Writes a file that only the builder can read. */
export function writeSecret({ secrets }: PodFolder, name: string, text: string): void {
  const file = join(secrets, name);
  writeFileSync(file, text, { mode: 0o600 });
  chownSync(file, builderUser, sharedGroup);
}

function end(child: ChildProcess, serving: () => number): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const inner = existsSync(`/proc/${child.pid}`) ? serving() : 0;
  if (inner > 0) process.kill(inner, "SIGKILL");
  child.kill("SIGKILL");
}
