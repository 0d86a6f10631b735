import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CellName, Order } from "../../../src/api/cell/order.ts";
import { type Isolation, noIsolation, probeIsolation } from "../../../src/builder/cells/isolation.ts";
import { createFolders, sandboxOf } from "../../../src/builder/config/sandbox.ts";
import { createLocalCells } from "../../../src/builder/machine/localCells.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { killUser } from "../../../src/system/process/killUser.ts";
import { helloCheck } from "../../support/cell/world.ts";

const isRootOnLinux = process.getuid?.() === 0 && process.platform === "linux";
const userWith = (uid: number) => ({ uid, gid: uid, isExclusive: true });
const users = { build: userWith(78_105), base: userWith(78_205) };
const source = resolve(import.meta.dirname, "../../../src/cell");
const node = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
const environment = { PATH: process.env["PATH"] ?? "" };
const log = createLog({ level: "silent" });
const ways: readonly (readonly [string, () => Promise<Isolation>])[] = [
  ["with namespaces", () => probeIsolation(environment)],
  ["without namespaces", async () => noIsolation],
];

/** A cell program that becomes its user, runs the shell text in the environment of its order, and prints the output. */
const program = `
  import { spawnSync } from "node:child_process";
  import { readFileSync, writeSync } from "node:fs";
  import { becomeUser } from ${JSON.stringify(join(source, "user.ts"))};
  becomeUser(process.argv[3]);
  process.umask(0o022);
  process.stdin.once("data", (line) => {
    const { id, paths } = JSON.parse(line);
    const script = readFileSync(new URL("./" + id + ".sh", import.meta.url));
    const env = { PATH: process.env.PATH, HOME: paths.home, TMPDIR: paths.tmp, CELL: String(process.pid), SECRETS: paths.secrets };
    const { stdout, stderr } = spawnSync("sh", ["-s"], { input: script, env, cwd: "/" });
    console.log(stdout.toString() + stderr.toString());
    writeSync(3, JSON.stringify({ event: "outcome", outcome: { kind: "Done", message: "ok" } }) + "\\n");
    process.exit(0);
  });
`;

describe.runIf(isRootOnLinux).each(ways)("two cells of one machine %s", (name, probe) => {
  let root = "";
  let isolation = noIsolation;
  let cells: ReturnType<typeof createLocalCells>;
  beforeAll(async () => {
    isolation = await probe();
    root = mkdtempSync(join(tmpdir(), "isolation-"));
    chmodSync(root, 0o755);
    const folder = join(root, "program");
    execFileSync("mkdir", ["-p", folder, join(root, "builder"), join(root, "mirrors")]);
    writeFileSync(join(folder, "main.mjs"), program);
    writeFileSync(join(folder, "sweep.ts"), `await import(${JSON.stringify(join(source, "sweep.ts"))});\n`);
    await createFolders(sandbox(), users);
    cells = createLocalCells({
      sandbox: join(root, "builder"),
      program: join(folder, "main.mjs"),
      mirrors: join(root, "mirrors"),
      sweeper: join(folder, "sweep.ts"),
      ...{ users, node, environment, isolation, clock: systemClock, log },
    });
  });
  afterAll(async () => {
    for (const user of Object.values(users)) await killUser(user);
    rmSync(root, { recursive: true });
  });

  const sandbox = () => sandboxOf(join(root, "builder"));

  /** Runs the script in a cell. Returns its output. */
  async function run(cell: CellName, script: string, more: Partial<Order> = {}): Promise<string> {
    const id = `o${Math.random()}`;
    writeFileSync(join(root, "program", `${id}.sh`), script);
    const { tools, home, tmp, baseOwn, areas } = sandbox();
    const paths = cell === "base" ? { ...baseOwn, area: sandbox().bases } : { area: areas, home, tmp };
    const order = {
      ...{ id, cell, task: "build", check: helloCheck, sources: [], gitUrl: "", debug: false },
      paths: { ...paths, tools, secrets: join(root, "builder/secrets") },
      ...more,
    };
    const outcome = await cells.run(order as unknown as Order, () => {}, new AbortController().signal);
    expect(outcome).toEqual({ kind: "Done", message: "ok" });
    return readFileSync(join(root, "builder/output.log"), "utf8");
  }

  it("are two users, and the base is readable for builds", async () => {
    const { bases, tools } = sandbox();
    expect(
      await run("base", `id -u; echo of-base > ${bases}/file; mkdir ${tools}/tool; echo run > ${tools}/tool/x`),
    ).toMatch(/^78205\s*$/);
    expect(await run("build", `id -u; cat ${bases}/file ${tools}/tool/x`)).toMatch(/^78105\nof-base\nrun\s*$/);
  });

  it("refuse every write of a build to base, tools, parked areas and the files of the builder", async () => {
    const { bases, tools, parked, state, config, baseOwn } = sandbox();
    await run(
      "base",
      `echo of-base > ${bases}/file; chmod 666 ${bases}/file; mkdir -p ${bases}/open; chmod 777 ${bases}/open`,
    );
    const attacks = [bases, tools, parked, state, config, baseOwn.root, join(root, "builder"), root]
      .flatMap((folder) => [`touch ${folder}/forged`, `ln -s /etc ${folder}/link`, `rm -rf ${folder}/*`])
      .map((command) => `(${command}) 2>/dev/null`);
    await run("build", attacks.join("\n"));
    for (const folder of [bases, tools, parked, state, config, baseOwn.root, root])
      expect(readdirSync(folder).filter((entry) => /forged|link/.test(entry))).toEqual([]);
    expect(readFileSync(join(bases, "file"), "utf8")).toBe("of-base\n");
  });

  it("refuse a write to a file of the base that everybody may write, where mounts are read-only", async () => {
    if (!isolation.files) return;
    const { bases } = sandbox();
    await run("base", `echo of-base > ${bases}/loose; chmod 777 ${bases}/loose ${bases}`);
    const text = await run(
      "build",
      `echo forged >> ${bases}/loose; echo x > ${bases}/new; mv ${bases}/loose ${bases}/moved; rm -f ${bases}/loose;
       mount -o remount,bind,rw ${bases}; unshare -r mount -o remount,bind,rw ${bases} && echo remounted; ln ${bases}/loose "$HOME/hard"`,
    );
    expect(text.match(/Read-only file system/g)?.length).toBeGreaterThanOrEqual(4);
    expect(text).not.toContain("remounted");
    expect(readFileSync(join(bases, "loose"), "utf8")).toBe("of-base\n");
    await run("base", `chmod 755 ${bases}`);
  });

  it("see only the mirrors of their order, where mounts are private", async () => {
    if (!isolation.files) return;
    for (const name of ["alice/own.git", "alice/other.git", "bob/secret.git"]) {
      execFileSync("mkdir", ["-p", join(root, "mirrors", name)]);
      writeFileSync(join(root, "mirrors", name, "HEAD"), `head of ${name}\n`);
    }
    const mirror = join(root, "mirrors/alice/own.git");
    const script = `cd ${root}/mirrors; find . -type f | sort; cat alice/own.git/HEAD bob/secret.git/HEAD; touch new alice/own.git/new`;
    for (const cell of ["build", "base"] as const) {
      const text = await run(cell, script, { pullRequest: { number: 1, commit: "a".repeat(40), mirror } });
      expect(text).toMatch(/^\.\/alice\/own\.git\/HEAD\nhead of alice\/own\.git\n/);
      expect(text).not.toContain("head of bob");
    }
    expect(readdirSync(join(root, "mirrors")).toSorted()).toEqual(["alice", "bob"]);
    expect(await run("build", `ls ${root}/mirrors`)).toBe("\n");
  });

  it("leave nothing in public folders for the next order of either cell", async () => {
    const names = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"].map((folder) => `${folder}/litter-${process.pid}`);
    const deep = `d=${names[0]}-deep; mkdir $d; cd $d; for i in 1 2 3 4 5; do mkdir d; cd d; done; chmod 000 ../d; chmod 000 $d`;
    const text = await run("build", `touch ${names.join(" ")}; ls ${names.join(" ")}; ${deep}`);
    for (const path of names) expect(text).toContain(path);
    for (const cell of ["build", "base"] as const)
      expect(await run(cell, `ls -d ${names.map((path) => `${path}*`).join(" ")} 2>/dev/null; true`)).not.toContain(
        "litter",
      );
    expect(names.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync(`${names[0]}-deep`)).toBe(false);
  });

  it("keep the files of other users in public folders", async () => {
    const mine = `/tmp/of-others-${process.pid}`;
    writeFileSync(mine, "mine");
    await run("build", `rm -f ${mine}; echo forged > ${mine}; true`);
    expect(readFileSync(mine, "utf8")).toBe("mine");
    rmSync(mine);
  });

  it("leave nothing in a folder that another user opened for all, and keep the files of that user", async () => {
    const open = `/tmp/open-${process.pid}`;
    execFileSync("mkdir", ["-m", "777", open]);
    writeFileSync(join(open, "mine"), "mine");
    await run("build", `echo forged > ${open}/litter; ls ${open}`);
    const left = readdirSync(open);
    rmSync(open, { recursive: true });
    expect(left).toEqual(["mine"]);
  });

  it("leave no System V IPC object for the next order", async () => {
    const text = await run("build", "ipcmk -M 4096 -p 666; ipcmk -S 2 -p 666; ipcmk -Q -p 666; cat /proc/sysvipc/*");
    expect(text.match(/ id: /g)).toHaveLength(3);
    expect(text).toContain(" 78105 ");
    const seen = await run("base", "cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg");
    expect(seen).not.toContain(" 78105 ");
  });

  it("leave no key in the keyrings of their user for the next order", async () => {
    const call = "ctypes.CDLL(None).syscall";
    const add = `import ctypes; print([${call}(248, b"user", b"canary", b"x", 1, ring) > 0 for ring in (-4, -5)])`;
    if (process.arch !== "x64" || !(await run("build", `python3 -c '${add}'; cat /proc/keys`)).includes("True")) return;
    expect(await run("build", "cat /proc/keys")).not.toContain("canary");
  });

  it("open no debugger after SIGUSR1", async () => {
    const text = await run(
      "build",
      'kill -USR1 $CELL; sleep 1; python3 -c \'import socket; s = socket.socket(); print("debugger", s.connect_ex(("127.0.0.1", 9229)) == 0)\'',
    );
    expect(text).toContain("debugger False");
  });

  it("kill a daemon without environment, session and parent", async () => {
    const daemon = `env -i setsid sh -c '(while :; do touch ${sandbox().areas}/../home/beat; sleep 0.05; done) &' > /dev/null 2>&1 &`;
    await run("build", `${daemon}\nsleep 0.3`);
    const beat = join(sandbox().home, "beat");
    expect(existsSync(beat)).toBe(true);
    rmSync(beat);
    await systemClock.sleep(300);
    expect(existsSync(beat)).toBe(false);
  });

  it(`${name} hide the other cell's folders from the base cell`, async () => {
    const { home, parked } = sandbox();
    await run("build", `echo "import os; print('foreign')" > ${home}/usercustomize.py`);
    const text = await run("base", `ls ${home} ${parked}; cat ${home}/usercustomize.py; python3 -c 'print("ran")'`);
    expect(text).toContain("ran");
    if (isolation.files) expect(text).not.toContain("usercustomize.py\n");
    expect(text).not.toMatch(/^foreign$/m);
  });

  it("give each cell its own copy of the Secrets' path", async () => {
    expect(await run("build", 'echo "$SECRETS"')).toContain(`${root}/builder/secrets\n`);
    expect(await run("base", 'echo "$SECRETS"')).toContain(`${root}/builder/base-secrets\n`);
  });
});
