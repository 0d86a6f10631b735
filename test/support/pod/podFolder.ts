import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { bundle, programs } from "../../../scripts/build/bundle.ts";
import { BuilderPoolSpec } from "../../../src/api/objects/pool.ts";
import { prepareVolume } from "../../../src/builder/cells/capsule.ts";
import { baseCell, buildCell, cellCommandOf, type PodCell } from "../../../src/core/pool/manifest/pod/capsule.ts";
import { cellMountsOf, dataVolume } from "../../../src/core/pool/manifest/pod/mounts.ts";
import { baseUser, builderUser, cellUser, sharedGroup } from "../../../src/core/pool/manifest/pod/security.ts";
import { handedOn } from "../builder/handedOn.ts";
import { type Container, follow, until } from "../cell/serveCell.ts";
import { aCapsule } from "./capsule.ts";

/**
 * Imitates the volumes and users of a pod with folders and users of this machine, for tests without a kubelet. Needs
 * root.
 */
export interface PodFolder {
  readonly data: string;
  /** The sockets of the cells. */
  readonly sockets: Readonly<Record<PodCell["role"], string>>;
  /** Folder visible only to the builder: its tokens. */
  readonly secrets: string;
  /** Starts the container of a cell as its user in its own PID and mount namespace, with the mounts of the cell. */
  startCell(role: PodCell["role"]): Promise<Container>;
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
  const [capsule, data, secrets] = ["capsule", "data", "secrets"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  const runs = { build: join(root, "run-cell"), base: join(root, "run-base") };
  for (const folder of [data, runs.build, runs.base, secrets]) {
    mkdirSync(folder);
    chownSync(folder, folder === secrets ? builderUser : 0, sharedGroup);
    chmodSync(folder, folder === secrets ? 0o700 : 0o2770);
  }
  await prepareVolume(data);
  for (const name of readdirSync(data)) chownSync(join(data, name), builderUser, sharedGroup);
  for (const name of readdirSync(data)) chmodSync(join(data, name), 0o2770);
  await aCapsule(capsule);
  await bundle(resolve(import.meta.dirname, "../../..", programs.builder), "builder", join(capsule, "app"));
  const sockets = { build: join(runs.build, "cell.sock"), base: join(runs.base, "cell.sock") };
  const launch = (words: readonly string[], env: Readonly<Record<string, string>>) => {
    const [program = "", ...args] = words;
    const container = follow(spawn(program, args, { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"] }));
    started.push(container);
    return container;
  };
  const as = (user: number) => ["setpriv", `--reuid=${user}`, `--regid=${sharedGroup}`, "--clear-groups"];
  return {
    data,
    sockets,
    secrets,
    async startCell(role) {
      const cell = { ...(role === "build" ? buildCell : baseCell), probe: join(runs[role], "probe.sock") };
      const command = cellCommandOf(cell)
        .map((word) => word.replace(/^\/capsule/, capsule).replace(/^\/run\/(cell|base)/, runs[role]))
        .filter((word, index, words) => word !== "--empty" && words[index - 1] !== "--empty");
      const alone = ["unshare", "--pid", "--mount", "--ipc", "--fork", "--mount-proc"];
      const user = role === "build" ? cellUser : baseUser;
      const words = [...alone, ...mounting(cell, data, `${root}/mounts-${role}`), ...as(user), ...command];
      const container = launch(words, { ...handedOn(process.env), PATH: path });
      await until(() => container.output().includes("listening"));
      return container;
    },
    startBuilder(environment) {
      const node = [`${capsule}/loader`, "--library-path", `${capsule}/lib`, `${capsule}/node`];
      return launch([...as(builderUser), ...node, `${capsule}/app/builder.mjs`], { PATH: path, ...environment });
    },
  };
}

/** Command prefix that shows a cell only the folders of its mounts, as the kubelet does with subPaths. */
function mounting(cell: PodCell, data: string, stage: string): readonly string[] {
  mkdirSync(stage);
  const spec = BuilderPoolSpec.parse({ package: "hello", repository: "o/hello" });
  const binds = cellMountsOf(cell, spec)
    .map((mount) => mount as { name: string; mountPath: string; subPath?: string; readOnly?: boolean })
    .filter(({ name, mountPath }) => name === dataVolume && mountPath !== "/tmp")
    .map(({ subPath, readOnly = false }) => {
      const at = `"$2/${subPath}"`;
      const bind = `mkdir ${at}; mount --bind "$1/${subPath}" ${at}`;
      return readOnly ? `${bind}; mount -o remount,ro,bind ${at}` : bind;
    });
  const script = ['mount -t tmpfs stage "$2"', ...binds, 'mount --rbind "$2" "$1"', "shift 2", 'exec "$@"'].join("; ");
  return ["sh", "-ec", script, "sh", data, stage];
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
