import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { logTexts, runCell, steps } from "../../support/cell/startCell.ts";
import { aCellWorld, type CellWorld } from "../../support/cell/world.ts";

const fails = 'echo "x.cxx:1:1: error: does not compile" >&2; exit 1\n';
const recipeOf = ({ alidist }: CellWorld, name: string) => readFileSync(join(alidist.path, `${name}.sh`), "utf8");
const withHeader = (recipe: string, header: string) => recipe.replace("\n---\n", `\n${header}\n---\n`);
const required = 'system_requirement: ".*"\nsystem_requirement_check: |\n  true';
const fromSystem = 'prefer_system: ".*"\nprefer_system_check: |\n  true';

/** The order of a pull request of recipes. */
const recipeOrder = (world: CellWorld, commit: string, more: Parameters<CellWorld["order"]>[0] = {}) =>
  world.order({
    check: { repository: "o/alidist", checkout: "alidist" },
    mirror: world.alidist.mirror,
    pullRequest: { number: 1, commit },
    ...more,
  });

/** Recipes that `aliBuild doctor` or `aliBuild build` refuses. */
const brokenRecipes = {
  "no YAML": 'package: hellolib\nversion: "1"\nrequires:\n- a\n  - b: [\n---\ntrue\n',
  "a missing package":
    'package: hellolib\nversion: "1"\nsystem_requirement: ".*"\nsystem_requirement_missing: |\n  the machine lacks something\nsystem_requirement_check: |\n  exit 1\n---\n',
  "an unknown requirement": 'package: hellolib\nversion: "1"\nrequires:\n  - NoSuchPackage\n---\ntrue\n',
  "a cycle": 'package: hellolib\nversion: "1"\nrequires:\n  - hello\n---\ntrue\n',
  "a failing build": 'package: hellolib\nversion: "1"\n---\necho "y.cxx:1:1: error: broken" >&2\nexit 1\n',
};

describe("a success", () => {
  it("builds the checked package from its sources although the machine has it", async () => {
    const world = aCellWorld();
    world.alidist.commit({ "hello.sh": withHeader(recipeOf(world, "hello"), fromSystem) });
    const bad = world.hello.propose({ "hello.in": fails });
    const good = world.hello.propose({ "hello.in": "echo fine\n" });

    const red = await runCell(world.order({ pullRequest: { number: 1, commit: bad } }));
    const green = await runCell(world.order({ pullRequest: { number: 2, commit: good } }));

    expect(red.outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
    expect(red.outcome?.findings?.preview).toContain("x.cxx:1:1: error: does not compile");
    expect(green.outcome).toMatchObject({ kind: "Verdict", result: "Success" });
  });

  it("needs the checked package: disabled by the defaults, the build proves nothing", async () => {
    const world = aCellWorld();
    world.alidist.commit({ "defaults-o2.sh": "package: defaults-o2\nversion: v1\ndisable:\n  - hello\n---\n" });
    const commit = world.hello.propose({ "hello.in": fails });

    const { outcome } = await runCell(world.order({ pullRequest: { number: 1, commit } }));
    const warmup = await runCell(world.order());

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "NothingBuilt" });
    expect(outcome?.kind === "Infrastructure" && outcome.message).toContain("aliBuild did not build hello");
    expect(warmup.outcome).toMatchObject({ kind: "Done", compiled: false, reason: "NothingBuilt" });
  });

  it.each([
    ["defaults-o2.sh", "package: defaults-o2\nversion: v1\ndisable: [hello]\n---\n"],
    ["hello.sh", `package: hello\nversion: "1"\n${required}\n---\n`],
  ])("is red for a change of %s that takes the checked package out of the build", async (file, text) => {
    const world = aCellWorld();
    const { outcome } = await runCell(recipeOrder(world, world.alidist.propose({ [file]: text })));
    const description = "aliBuild did not build hello: the changed recipes disable it, or take it from the system";
    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure", description });
    expect(outcome?.findings?.preview[0]).toBe(description);
  });

  it("needs the development package of the pull request in the build", async () => {
    const world = aCellWorld();
    const commit = world.hello.propose({ "hello.in": fails });

    const { outcome } = await runCell(
      world.order({ check: { package: "hellolib" }, pullRequest: { number: 1, commit } }),
    );

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "NothingBuilt" });
    expect(outcome?.kind === "Infrastructure" && outcome.message).toContain("hellolib does not need hello");
  });

  it("needs the installation: a build directory alone is removed and built again", async () => {
    const world = aCellWorld();
    const commit = world.hello.propose({ "hello.in": "echo fine\n" });
    const order = world.order({ pullRequest: { number: 1, commit } });
    await runCell(order);
    rmSync(join(world.area, "sw/fedora33_x86-64/hello"), { recursive: true });

    const missing = await runCell(order);
    const again = await runCell(order);

    expect(missing.outcome).toMatchObject({ kind: "Infrastructure", reason: "NothingBuilt" });
    expect(again.outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    expect(existsSync(join(world.area, "sw/fedora33_x86-64/hello/latest/bin/hello"))).toBe(true);
  });

  it("accepts an earlier build of the same merge, and a pull request that changes recipes", async () => {
    const world = aCellWorld();
    const commit = world.alidist.propose({ "README.md": "recipes\n" });
    const order = recipeOrder(world, commit);

    expect((await runCell(order)).outcome).toMatchObject({ result: "Success" });
    expect((await runCell(order)).outcome).toMatchObject({ result: "Success" });
  });
});

describe("a broken base", () => {
  it.each(Object.entries(brokenRecipes))(
    "with %s leaves pull requests of other repositories waiting",
    async (_, text) => {
      const world = aCellWorld();
      world.alidist.commit({ "hellolib.sh": text });
      const commit = world.hello.propose({ "hello.in": "echo changed\n" });

      const { outcome } = await runCell(world.order({ pullRequest: { number: 2, commit } }));

      expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "BaseBroken" });
      expect(outcome?.kind === "Infrastructure" && outcome.message).toContain(
        `master of o/alidist at ${world.alidist.tip().slice(0, 10)}`,
      );
    },
  );

  it.each(Object.entries(brokenRecipes))("with %s is red for the pull request that breaks it", async (_, text) => {
    const world = aCellWorld();
    const commit = world.alidist.propose({ "hellolib.sh": text });

    const { outcome } = await runCell(recipeOrder(world, commit));

    expect(outcome).toMatchObject({ kind: "Verdict", result: expect.stringMatching(/^(DoctorError|Failure)$/) });
  });

  it.each(Object.entries(brokenRecipes))("with %s leaves an unrelated change of recipes waiting", async (_, text) => {
    const world = aCellWorld();
    world.alidist.commit({ "hellolib.sh": text });
    const commit = world.alidist.propose({ "other.sh": 'package: other\nversion: "1"\n---\n' });

    const { outcome } = await runCell(recipeOrder(world, commit));

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "BaseBroken" });
  });

  it.each([
    ["the system", fromSystem],
    ["a system that must have it", required],
  ])("is no reason for a recipe that takes its package from %s", async (_, header) => {
    const world = aCellWorld();
    world.alidist.commit({ "hello.sh": `${recipeOf(world, "hello")}cat "$HELLOLIB_ROOT/share/lib"\n` });
    const commit = world.alidist.propose({ "hellolib.sh": `package: hellolib\nversion: "1"\n${header}\n---\n` });

    const { outcome } = await runCell(recipeOrder(world, commit));

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
  });

  it("is green for the pull request that mends it", async () => {
    const world = aCellWorld();
    const good = recipeOf(world, "hellolib");
    world.alidist.commit({ "hellolib.sh": brokenRecipes["no YAML"] });
    const commit = world.alidist.propose({ "hellolib.sh": good });

    const { outcome } = await runCell(recipeOrder(world, commit));

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Success" });
  });

  it("ends a warm-up, and tells the reason", async () => {
    const world = aCellWorld();
    world.alidist.commit({ "hellolib.sh": brokenRecipes["no YAML"] });

    const { outcome } = await runCell(world.order());

    expect(outcome).toMatchObject({ kind: "Done", compiled: false, reason: "BaseBroken" });
    expect(outcome?.kind === "Done" && outcome.message).toContain("Unable to parse alidist/hellolib.sh");
  });
});

describe("a failure of the surroundings", () => {
  /** A tarball store that answers every request with this status. */
  async function aStore(status: number): Promise<string> {
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/store`;
  }

  it("a tarball store that answers 503 or 404, or that is unreachable, is no verdict", async () => {
    const world = aCellWorld();
    const commit = world.hello.propose({ "hello.in": "echo changed\n" });
    await runCell(world.order({ pullRequest: { number: 1, commit } }));

    for (const remoteStore of [await aStore(503), await aStore(404), "http://127.0.0.1:1/store"]) {
      const { outcome } = await runCell(world.order({ check: { remoteStore }, pullRequest: { number: 1, commit } }));
      expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "DependencyFetchFailed" });
      expect(outcome?.kind === "Infrastructure" && outcome.message).toContain(remoteStore);
    }
  });

  it("a test that prints the words of aliBuild stays red", async () => {
    const world = aCellWorld();
    const words = [
      "ERROR: GET http://127.0.0.1:1/store failed: 503 Server Error",
      "ERROR: The following packages are system requirements and could not be found:",
      "2026-01-01@00:00:00:ERROR:hello:hello:1: Unable to fetch symlinks from specified store.",
      "OSError: [Errno 28] No space left on device",
      "Build of hello successfully completed on `vm'.",
    ];
    const commit = world.hello.propose({
      "hello.in": `${words.map((word) => `echo "${word}" >&2`).join("\n")}\nexit 1\n`,
    });

    const { outcome } = await runCell(world.order({ pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
  });
});

describe("aliBuild's own words", () => {
  it("are the reason of a red pull request when no package failed", async () => {
    const world = aCellWorld();
    const commit = world.alidist.propose({ "hellolib.sh": brokenRecipes["a cycle"] });

    const { outcome, events } = await runCell(recipeOrder(world, commit));

    const sentence = "ERROR: Dependency cycle detected: hello -> hellolib -> hello";
    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
    expect(outcome?.findings?.preview).toContain(sentence);
    expect(logTexts(events)["aliBuild"]).toContain(sentence);
    expect(steps(events)).toContain("build");
  });
});

describe("the self-test of a compiler", () => {
  /** A PATH whose `c++` runs this shell script. */
  function withCompiler({ root }: CellWorld, script: string): Record<string, string> {
    const bin = join(root, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "c++"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, "c++"), 0o755);
    return { PATH: `${bin}:/usr/bin:/bin` };
  }
  const linkFails =
    'case "$*" in *-c*|*--version*) exec /usr/bin/c++ "$@";; esac; echo "ld: cannot find crt1.o" >&2; exit 1';

  it.each([
    ["that cannot start", "exit 127", "does not start"],
    [
      "that cannot compile",
      'test "$1" = --version || { echo "cc1plus: error: broken" >&2; exit 1; }',
      "cc1plus: error: broken",
    ],
    ["that cannot link", linkFails, "cannot link a small program (failed with 1): ld: cannot find crt1.o"],
    [
      "whose programs do not run",
      'case "$*" in "test.o -o test") printf "#!/bin/sh\nexit 3\n" > test; chmod 755 test;; *) exec /usr/bin/c++ "$@";; esac',
      "does not run",
    ],
    [
      "whose programs print something else",
      'case "$*" in "test.o -o test") printf "#!/bin/sh\necho no\n" > test; chmod 755 test;; *) exec /usr/bin/c++ "$@";; esac',
      'printed "no',
    ],
  ])("fails with a compiler %s, unless the check needs none", async (_, script, message) => {
    const world = aCellWorld();
    const env = withCompiler(world, script);

    const { outcome } = await runCell(world.order({ task: "selftest" }), { env });
    const without = await runCell(world.order({ task: "selftest", check: { compiler: "" } }), { env });

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "SelfTestFailed" });
    expect(outcome?.kind === "Infrastructure" && outcome.message).toContain(message);
    expect(without.outcome).toMatchObject({ kind: "Done" });
  });

  it("uses the compiler and the environment of the check, and leaves no files", async () => {
    const world = aCellWorld();
    const env = withCompiler(world, "exit 1");
    const works = await runCell(world.order({ task: "selftest", check: { compiler: "/usr/bin/c++" } }), { env });
    const fails = await runCell(
      world.order({
        task: "selftest",
        check: { compiler: "/usr/bin/c++", env: { COMPILER_PATH: "/nowhere", GCC_EXEC_PREFIX: "/nowhere/" } },
      }),
      { env },
    );

    expect(works.outcome).toMatchObject({ kind: "Done", versions: { "c++": expect.stringMatching(/\d+\.\d+/) } });
    expect(fails.outcome).toMatchObject({ reason: "SelfTestFailed" });
    expect(existsSync(join(world.area, ".builderpool-compiler"))).toBe(false);
  });
});
