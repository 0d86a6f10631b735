import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSocketCells } from "../../../src/builder/cells/socketCells.ts";
import { baseCell, capsule, cellCommandOf } from "../../../src/core/pool/manifest/pod/capsule.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { version } from "../../../src/system/version.ts";
import { follow, until } from "../../support/cell/serveCell.ts";
import { helloCheck } from "../../support/cell/world.ts";
import { aCapsule } from "../../support/pod/capsule.ts";

const cell = { uid: 65003, gid: 65000 };

/** A root with a capsule, a statically linked busybox and nothing else: no libc, no loader, no /bin/env. */
async function aBareRoot(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "builderpool-bare-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  chmodSync(root, 0o755);
  for (const folder of ["bin", "proc", "dev", "tmp", "run/base", "data"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ["tmp", "run/base", "data"]) chownSync(join(root, folder), cell.uid, cell.gid);
  copyFileSync("/usr/bin/busybox", join(root, "bin/busybox"));
  for (const name of ["sh", "cat", "grep"]) symlinkSync("busybox", join(root, "bin", name));
  await aCapsule(join(root, capsule));
  return root;
}

/** Starts the command of the container `cell-base` in a root, as the cell's user, alone in a PID namespace. */
function startIn(root: string) {
  const setUp = 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && mount -t tmpfs shm "$1/dev/shm"';
  const enter = `exec chroot --userspec=${cell.uid}:${cell.gid} "$@"`;
  const shell = ["sh", "-ec", `${setUp}; ${enter}`, "sh", root, ...cellCommandOf(baseCell)];
  const args = ["--pid", "--mount", "--fork", "--kill-child", ...shell];
  const container = follow(spawn("unshare", args, { cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } }));
  onTestFinished(async () => {
    process.kill(container.serving(), "SIGKILL"); // the init: the kernel forgot at the change of user that it should die with its parent
    await container.ended;
  });
  return container;
}

describe.runIf(process.getuid?.() === 0 && process.platform === "linux")("the capsule", () => {
  it("runs a cell in an image without a libc, into which a build cannot look", async () => {
    const root = await aBareRoot();
    const container = startIn(root);
    await until(() => container.output().includes("listening") || container.child.exitCode !== null);
    expect(container.output()).toBe(`listening on ${baseCell.socket}\n`);

    const log = createLog({ level: "silent" });
    const cells = createSocketCells({
      socket: join(root, baseCell.socket),
      pod: "o2-0",
      version,
      clock: systemClock,
      log,
    });
    const paths = {
      area: "/data/base/build_hello",
      tools: "/data/tools",
      home: "/data/base-own/home",
      tmp: "/data/base-own/tmp",
    };
    const order = {
      ...{ id: "bare", cell: "base" as const, task: "selftest" as const, check: helloCheck, sources: [], paths },
      ...{ limits: { logBytes: 0, maxAge: 0, minFree: 0 }, gitUrl: "", debug: false },
    };
    const outcome = await cells.run(order, () => {}, new AbortController().signal);
    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "SelfTestFailed" });
    expect(outcome.kind === "Infrastructure" && outcome.message).toContain("git");

    const peek = 'for file in environ mem maps; do cat /proc/$1/$file > /dev/null && echo "read $file"; done; exit 0';
    const inside = ["--target", String(container.serving()), "--pid", "--mount", "chroot"];
    const as = [`--userspec=${cell.uid}:${cell.gid}`, root, "/bin/sh", "-c", peek, "sh"];
    const [serving] = childrenOf(container.serving());
    const { stdout, stderr } = spawnSync("nsenter", [...inside, ...as, inNamespace(serving)], { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(stderr.match(/Permission denied/g)).toHaveLength(3);
  });
});

function childrenOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
}

function inNamespace(pid = ""): string {
  return /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
}
