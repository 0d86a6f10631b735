import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Order } from "../../../src/api/cell/order.ts";
import { createRepository } from "../../support/cell/repository.ts";
import { runCell, steps } from "../../support/cell/startCell.ts";
import { aCellWorld, type CellWorld } from "../../support/cell/world.ts";

const day = 86_400_000;

/** Sets the time of a link to the given number of days ago. */
function age(path: string, days: number): void {
  const then = (Date.now() - days * day) / 1000;
  lutimesSync(path, then, then);
}

async function built(world: CellWorld, ...numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const commit = world.hello.propose({ "hello.in": `echo ${number}\n` });
    const { outcome } = await runCell(world.order({ pullRequest: { number, commit } }));
    expect(outcome).toMatchObject({ result: "Success" });
  }
}

/** The pull requests with a build tree. */
function trees({ area }: CellWorld): readonly string[] {
  const builds = join(area, "sw/BUILD");
  return readdirSync(builds)
    .filter((name) => /^hello-latest-/.test(name) && existsSync(join(builds, name, "hello")))
    .map((name) => name.slice("hello-latest-".length))
    .sort();
}

describe("the cleanup of a work area", () => {
  it("deletes the trees without a recent build, and keeps the others warm", async () => {
    const world = aCellWorld();
    await built(world, 1, 2);
    age(join(world.area, "sw/BUILD/hello-latest-1"), 3);
    for (const name of readdirSync(join(world.area, "sw/fedora33_x86-64/hello")).filter((one) => one.endsWith("-1-o2")))
      age(join(world.area, "sw/fedora33_x86-64/hello", name), 3);

    const { outcome } = await runCell(world.order({ task: "clean", limits: { maxAge: 2 * day } }));

    expect(outcome).toMatchObject({ kind: "Done" });
    expect(trees(world)).toEqual(["2"]);
    expect(readdirSync(join(world.area, "sw/fedora33_x86-64/hello"))).not.toContain("1-local1");
    expect(existsSync(join(world.area, "sw/fedora33_x86-64/hellolib/1-local1"))).toBe(true);
  });

  it("deletes the oldest trees if space is short, but not the last tree of a package", async () => {
    const world = aCellWorld();
    await built(world, 1, 2, 3);

    const { outcome } = await runCell(world.order({ task: "clean", limits: { minFree: 2 ** 50 } }));

    expect(outcome).toMatchObject({ kind: "Done", freed: expect.any(Number) });
    expect(trees(world)).toEqual(["3"]);
    await built(world, 3);
  });

  it("throws all trees away, the own work area too", async () => {
    const world = aCellWorld();
    await built(world, 1);
    const order = world.order({ task: "clean", limits: { maxAge: -day } });

    const { outcome } = await runCell({ ...order, paths: { ...order.paths, gone: [world.area] } });

    expect(outcome).toMatchObject({ kind: "Done" });
    expect(existsSync(join(world.area, "sw"))).toBe(false);
    await built(world, 1);
  });

  it("deletes the areas of removed checks after a time without builds, or if space is short", async () => {
    const world = aCellWorld();
    const gone = ["long", "lately"].map((name) => join(world.root, "areas", name));
    for (const area of gone) {
      mkdirSync(join(area, "sw/BUILD"), { recursive: true });
      writeFileSync(join(area, "sw/file"), "");
    }
    age(join(world.root, "areas/long/sw/BUILD"), 3);
    async function clean(limits: Partial<Order["limits"]>): Promise<void> {
      const order = world.order({ task: "clean", limits });
      await runCell({ ...order, paths: { ...order.paths, gone } });
    }

    await clean({ maxAge: 2 * day });
    expect(readdirSync(join(world.root, "areas"))).toEqual(["lately"]);
    await clean({ minFree: 2 ** 50 });
    expect(readdirSync(join(world.root, "areas"))).toEqual([]);
  });

  it("deletes tools without use for a month, and the remains of an interrupted installation", async () => {
    const world = aCellWorld();
    const order = world.order({ task: "clean" });
    const tools = join(world.root, "tools");
    const install = (name: string, days: number) => {
      mkdirSync(join(tools, `alibuild-${name}-x`), { recursive: true });
      age(join(tools, `alibuild-${name}-x`), days);
    };
    const use = (name: string, days: number) => {
      symlinkSync(`alibuild-${name}-x`, join(tools, `alibuild-${name}`));
      age(join(tools, `alibuild-${name}`), days);
    };
    for (const name of ["old", "used", "cut"]) install(name, 40);
    install("begun", 0);
    use("old", 40);
    use("used", 20);

    await runCell({ ...order, paths: { ...order.paths, tools } });
    const left = readdirSync(tools).filter((name) => !name.startsWith("alibuild-1."));
    expect(left.sort()).toEqual(["alibuild-begun-x", "alibuild-used", "alibuild-used-x"]);
  });

  it("follows no link out of the work area (W-41)", async () => {
    const world = aCellWorld();
    await built(world, 1);
    const outside = join(world.root, "outside");
    mkdirSync(join(outside, "deep"), { recursive: true });
    writeFileSync(join(outside, "deep/precious"), "");
    rmSync(join(world.area, "sw/SOURCES"), { recursive: true, force: true });
    symlinkSync(outside, join(world.area, "sw/SOURCES"));
    symlinkSync(outside, join(world.area, "sw/BUILD/old-latest"));
    age(join(world.area, "sw/BUILD/old-latest"), 9);
    symlinkSync(outside, join(world.order().paths.tmp, "out"));

    const { outcome } = await runCell(world.order({ task: "clean" }));

    expect(outcome).toMatchObject({ kind: "Done" });
    expect(existsSync(join(outside, "deep/precious"))).toBe(true);
    expect(readdirSync(world.order().paths.tmp)).toEqual([]);
    expect(() => lstatSync(join(world.area, "sw/BUILD/old-latest"))).toThrow();
  });
});

describe("a work area with a link as sw", () => {
  it("gets a new directory sw, and the target of the link stays unchanged", async () => {
    const world = aCellWorld();
    const outside = join(world.root, "outside");
    mkdirSync(join(outside, "BUILD/precious-latest"), { recursive: true });
    mkdirSync(world.area, { recursive: true });
    symlinkSync(outside, join(world.area, "sw"));

    await built(world, 1);

    expect(readdirSync(outside)).toEqual(["BUILD"]);
    expect(readdirSync(join(outside, "BUILD"))).toEqual(["precious-latest"]);
  });
});

describe("the self-test", () => {
  it("returns the versions of all programs that a build needs", async () => {
    const { outcome, events } = await runCell(aCellWorld().order({ task: "selftest" }));

    expect(outcome).toMatchObject({ kind: "Done", versions: { aliBuild: "1.17.44", architecture: "fedora33_x86-64" } });
    expect(outcome?.versions?.["git"]).toMatch(/^git version 2/);
    expect(outcome?.versions?.["python"]).toMatch(/^Python 3/);
    expect(steps(events)).toEqual(["prepare", "selftest", "tool"]);
  });

  it("names the missing programs and the command to install them", async () => {
    const world = aCellWorld();
    const bin = join(world.root, "bin");
    mkdirSync(bin);
    for (const name of ["git", "tar", "gzip", "bash"]) symlinkSync(`/usr/bin/${name}`, join(bin, name));

    const { outcome } = await runCell(world.order({ task: "selftest" }), { env: { PATH: bin } });

    expect(outcome).toMatchObject({
      kind: "Infrastructure",
      reason: "SelfTestFailed",
      message: "Builds need rsync, but the cell cannot run them; run apt-get install -y rsync (or dnf)",
    });
  });

  it("refuses an architecture unknown to aliBuild", async () => {
    const { outcome } = await runCell(aCellWorld().order({ task: "selftest", check: { architecture: "amiga_m68k" } }));

    expect(outcome).toMatchObject({
      reason: "SelfTestFailed",
      message: expect.stringContaining("does not know the architecture amiga_m68k; set spec.architecture"),
    });
  });

  it("refuses an aliBuild whose --no-system takes no packages, unless the check has a store", async () => {
    const world = aCellWorld();
    const tools = join(world.root, "tools");
    const folder = join(tools, "alibuild-1.17.10");
    mkdirSync(join(folder, "programs"), { recursive: true });
    writeFileSync(join(folder, "installed"), "1.17.10\n");
    const help = 'test "$1" = version && echo "version: 1.17.10" || echo "[--always-prefer-system | --no-system]"';
    writeFileSync(join(folder, "programs/aliBuild"), `#!/bin/sh\n${help}\n`, { mode: 0o755 });
    const run = async (check: object) => {
      const order = world.order({ task: "selftest", check: { tool: { alibuild: "1.17.10" }, ...check } });
      return (await runCell({ ...order, paths: { ...order.paths, tools } })).outcome;
    };

    expect(await run({ remoteStore: "https://store.example" })).toMatchObject({ kind: "Done" });
    expect(await run({})).toMatchObject({
      reason: "SelfTestFailed",
      message: expect.stringContaining("aliBuild 1.17.10 cannot build a check without a tarball store"),
    });
  });
});

describe("the tool of a check", () => {
  it("W-25: that cannot be installed is an infrastructure failure with pip's message", async () => {
    const { outcome } = await runCell(aCellWorld().order({ task: "selftest", check: { tool: { alibuild: "0.0.1" } } }));

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "ToolInstallFailed" });
    expect(outcome?.kind === "Infrastructure" && outcome.message).toContain("alibuild==0.0.1");
  });

  it("comes from the pull request if the check tests its own tool", async () => {
    const world = aCellWorld();
    const program = "#!/bin/sh\necho 'the tool of the pull request' >&2\necho 'version: 9 (slc9_x86-64)'\n";
    const tool = createRepository(join(world.root, "src/alisw/alibuild"), {
      "setup.py": "from setuptools import setup\nsetup(name='alibuild', version='9', scripts=['aliBuild'])\n",
      aliBuild: "#!/bin/sh\nexit 1\n",
    });
    const commit = tool.propose({ aliBuild: program });
    const wanted = world.order({
      check: { repository: "alisw/alibuild", testsTool: true, tool: { alibuild: "alisw/alibuild@$PR_HASH" } },
      mirror: tool.mirror,
      pullRequest: { number: 5, commit },
    });
    const paths = { ...wanted.paths, tools: join(world.root, "tools") };

    const args = asAnotherUser(world, paths);

    const { outcome, output, events } = await runCell({ ...wanted, paths }, { args });

    // This tool exits with 0 and builds nothing.
    expect(outcome).toMatchObject({
      kind: "Verdict",
      result: "Failure",
      description: expect.stringMatching(/^Nothing proves that the pull request builds: aliBuild did not build hello/),
    });
    expect(output()).toContain("the tool of the pull request");
    expect(steps(events)).toContain("merge");
    expect(readdirSync(paths.tools)).toEqual([]);
    expect(readdirSync(join(paths.home, ".tools"))).toContain(`alibuild-alisw-alibuild-${commit}`);
  });

  it("from a branch is resolved and installed once per commit", async () => {
    const world = aCellWorld();
    const tool = createRepository(join(world.root, "src/alisw/alibuild"), {
      "setup.py": "from setuptools import setup\nsetup(name='alibuild', version='9', scripts=['aliBuild'])\n",
      aliBuild: "#!/bin/sh\necho 'aliBuild version: 9 (slc9_x86-64)'\n",
    });
    const wanted = world.order({ task: "selftest", check: { tool: { alibuild: "alisw/alibuild@master" } } });
    const order = { ...wanted, paths: { ...wanted.paths, tools: join(world.root, "tools") } };

    const first = await runCell(order);
    const again = await runCell(order);

    expect(first.outcome).toMatchObject({ kind: "Done", versions: { aliBuild: "9" } });
    expect(again.outcome).toMatchObject({ kind: "Done" });
    expect(
      readdirSync(order.paths.tools).filter((name) => name === `alibuild-alisw-alibuild-${tool.tip()}`),
    ).toHaveLength(1);
    expect(readdirSync(order.paths.tools)).toHaveLength(2);
  });

  it("W-25: is installed once by two concurrent cells", async () => {
    const one = aCellWorld();
    const tools = join(one.root, "tools");
    const orders = [one.order({ task: "selftest" }), aCellWorld().order({ task: "selftest" })];

    const outcomes = await Promise.all(
      orders.map((order) => runCell({ ...order, paths: { ...order.paths, tools } }).then(({ outcome }) => outcome)),
    );

    expect(outcomes.map((outcome) => outcome?.kind)).toEqual(["Done", "Done"]);
    expect(lstatSync(join(tools, "alibuild-1.17.44")).isSymbolicLink()).toBe(true);
  });
});

/** As root, gives mirrors and cell different users, as in a pod. Git then refuses to fetch from the mirrors. */
function asAnotherUser({ root }: { readonly root: string }, paths: Order["paths"]): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  chmodSync(root, 0o755);
  execFileSync("chown", ["-R", "65001:65001", join(root, "src")]);
  for (const path of [paths.area, paths.tools, paths.home, paths.tmp]) {
    mkdirSync(path, { recursive: true });
    chownSync(path, 78_006, 78_006);
  }
  return ["--user", "78006:78006"];
}
