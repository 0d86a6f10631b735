import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { parsePool } from "../../../src/core/definitions/parse.ts";
import { helloSources } from "../../support/alidist/sources.ts";
import { demoPool } from "../../support/demo/pool.ts";
import { hello, pullRequests } from "../../support/demo/pullRequests.ts";
import { startDemo } from "../../support/demo/start.ts";
import { headOf } from "../../support/github/records.ts";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "demo-test-"));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe("the pool of the demo", () => {
  it("has two checks and no problem", () => {
    const { pool, problems } = parsePool(
      parse(demoPool({ apiUrl: "http://127.0.0.1:1", gitUrl: "http://127.0.0.1:1/git" })),
    );
    expect(problems).toEqual([]);
    const { checks, broken } = poolChecksOf(pool ?? expect.fail("no pool"));
    expect(broken).toEqual([]);
    expect(checks.map(({ name, checkout }) => [name, checkout])).toEqual([
      ["build/hello/o2", "hello"],
      ["build/hello/alidist", "alidist"],
    ]);
  });
});

describe("the pull requests of the demo", () => {
  it("with an overtaking push get it some seconds after their build started", async () => {
    const demo = await startDemo(join(scratch, "demo"));
    const { number } = pullTitled(demo, "Test that the greeting does not tire");
    const commit = headOf(demo.state.pullRequest(hello, number)).oid;
    demo.state.setStatus({
      repository: hello,
      commit,
      context: "c",
      state: "pending",
      description: "Queued (1 ahead)",
    });
    demo.state.setStatus({ repository: hello, commit, context: "c", state: "pending", description: "Started now" });

    await vi.waitFor(() => expect(headOf(demo.state.pullRequest(hello, number)).oid).not.toBe(commit), 10_000);
    await demo.close();
  });

  it("are created again by every demo without KEEP", async () => {
    const directory = join(scratch, "demo");
    const first = await startDemo(directory);
    const { number } = pullTitled(first, "Be brief");
    first.state.close({ repository: hello, number });
    await first.close();

    const kept = await startDemo(directory, { keep: true });
    expect(kept.state.pullRequest(hello, number).state).toBe("CLOSED");
    await kept.close();
    const fresh = await startDemo(directory);
    expect(fresh.state.pullRequest(hello, number).state).toBe("OPEN");
    expect(Object.keys(fresh.state.repository(hello).pulls)).toHaveLength(pullRequests.length - 1);
    await fresh.close();
  });
});

describe.each([
  ["with a C++ compiler", true],
  ["without one", false],
])("the sources of hello, %s", (_, compiler) => {
  const real = ["/usr/bin/c++", "/usr/local/bin/c++"].find((path) => existsSync(path));

  it.skipIf(compiler && real === undefined)("compile and pass their tests", async () => {
    const { code, output } = await build({}, compiler);
    expect(output).toContain("100% tests passed, 0 tests failed out of 2");
    expect(code).toBe(0);
  });

  it.skipIf(compiler && real === undefined)("fail with a compile error for a missing semicolon", async () => {
    const { code, output } = await build(filesOf("Welcome everybody"), compiler);
    expect(output).toMatch(/^src\/greeting\.cxx:3:\d+: error: expected .;. before .}. token$/m);
    expect(code).not.toBe(0);
  });

  it.skipIf(compiler && real === undefined)("fail with ctest's report for a failing test", async () => {
    const { code, output } = await build(filesOf("Be brief"), compiler);
    expect(output).toMatch(/^2\/2 Test #2: is_polite \.+\*\*\*Failed +0\.00 sec$/m);
    expect(code).not.toBe(0);
  });

  async function build(changes: Readonly<Record<string, string | null>>, withCompiler: boolean) {
    for (const [path, content] of Object.entries({ ...helloSources(), ...changes })) {
      const file = join(scratch, "hello", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content ?? "");
      if (content?.startsWith("#!")) await chmod(file, 0o755);
    }
    await writeFile(join(scratch, "polite"), "Hello\nWelcome\n");
    const path = withCompiler
      ? (process.env["PATH"] ?? "")
      : await pathOf(["sh", "awk", "sed", "mkdir", "chmod", "basename", "dirname", "ls", "wc", "tr", "date", "grep"]);
    return run("sh", ["-c", "./build.sh && ./test/run.sh bin/hello ../polite"], join(scratch, "hello"), { PATH: path });
  }
});

describe("the GitHub stand-in as a program", () => {
  it("prints its address and exits with its parent process", async () => {
    const program = resolve(import.meta.dirname, "../../support/github/main.ts");
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const { apiUrl } = JSON.parse(line) as { apiUrl: string };
    expect((await fetch(`${apiUrl}/rate_limit`)).status).toBe(200);

    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("setup", () => {
  const lock = '{"lockfileVersion": 3}';
  const tools = ["bash", "env", "dirname", "cmp", "cp", "rm", "tail", "printf", "mkdir", "cat"];

  it("changes and prints nothing when nothing is missing", async () => {
    await checkout({ installed: true });
    expect(await setup({ git: "", rsync: "", python3: "" })).toEqual({ code: 0, output: "" });
  });

  it("installs the packages only when the lock file differs from the installed one", async () => {
    await checkout({ installed: false });
    const stubs = {
      git: "",
      rsync: "",
      python3: "",
      npm: 'mkdir -p node_modules/.bin; cp "$STUB_NODE" node_modules/.bin/node; echo "npm $*" >> calls',
    };
    const first = await setup(stubs);
    const second = await setup(stubs);

    expect(first).toEqual({ code: 0, output: "setup: installing the packages of package-lock.json (half a minute)\n" });
    expect(second).toEqual({ code: 0, output: "" });
    expect(await calls()).toBe("npm ci --ignore-scripts --no-progress --include=dev\n");
  });

  it("repeats an interrupted installation with any lock file", async () => {
    await checkout({ installed: true });
    const stubs = { git: "", rsync: "", python3: "", npm: "echo called >> calls; exit 1" };
    await writeFile(join(scratch, "package-lock.json"), '{"lockfileVersion": 3, "a newer": "commit"}');
    expect((await setup(stubs)).code).toBe(1);
    await writeFile(join(scratch, "package-lock.json"), lock);
    expect((await setup(stubs)).code).toBe(1);
    expect(await calls()).toBe("called\ncalled\n");
  });

  it("prints the command to run when it may not install", async () => {
    await checkout({ installed: true });
    expect(
      await setup({ git: "", python3: "exit 1", "apt-get": "echo no >> calls", id: "echo 1000", uname: "echo Linux" }),
    ).toEqual({
      code: 1,
      output:
        "setup: this machine lacks rsync python3-venv; run: sudo apt-get update && sudo apt-get install -y --no-install-recommends rsync python3-venv\n",
    });
    expect(await setup({ uname: "echo Darwin" })).toEqual({
      code: 1,
      output: "setup: this machine lacks git rsync python3-venv; run: brew install git rsync python3\n",
    });
    expect(await calls()).toBe("");
  });

  it("installs with apt as root and updates the package lists only after a failure", async () => {
    await checkout({ installed: true });
    const aptGet = 'echo "$*" >> calls; [ "$1" = update ] && : > lists; [ -e lists ]';
    const { code, output } = await setup({
      git: "",
      python3: "",
      "apt-get": aptGet,
      id: "echo 0",
      uname: "echo Linux",
    });

    expect(code).toBe(0);
    expect(output).toBe("setup: installing rsync with apt-get\nsetup: fetching the package lists first\n");
    expect(await calls()).toBe(
      "install -y --no-install-recommends rsync\nupdate\ninstall -y --no-install-recommends rsync\n",
    );
  });

  it("shows the output of a failed npm", async () => {
    await checkout({ installed: false });
    const { code, output } = await setup({ git: "", rsync: "", python3: "", npm: "echo the registry is away; exit 1" });
    expect(code).toBe(1);
    expect(output).toContain("the registry is away\nsetup: npm could not install the packages");
  });

  async function checkout({ installed }: { readonly installed: boolean }): Promise<void> {
    await mkdir(join(scratch, "scripts"));
    await writeFile(
      join(scratch, "scripts/setup"),
      await readFile(resolve(import.meta.dirname, "../../../scripts/setup")),
    );
    await writeFile(join(scratch, "package-lock.json"), lock);
    await writeFile(join(scratch, "calls"), "");
    if (!installed) return;
    await mkdir(join(scratch, "node_modules/.bin"), { recursive: true });
    await writeFile(join(scratch, "node_modules/.builderpool-setup"), lock);
    await stub(join(scratch, "node_modules/.bin/node"), "echo 24");
  }

  /**
   * Runs setup with these programs, given as shell text, and the few tools it needs. PATH contains no other program.
   */
  async function setup(programs: Readonly<Record<string, string>>) {
    const path = await pathOf(tools);
    for (const [name, script] of Object.entries(programs)) await stub(join(path, name), script);
    await stub(join(scratch, "stub-node"), "echo 24");
    const env = { PATH: path, STUB_NODE: join(scratch, "stub-node") };
    return run("bash", [join(scratch, "scripts/setup")], scratch, env);
  }

  const calls = () => readFile(join(scratch, "calls"), "utf8");
  const stub = (file: string, script: string) => writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
});

function pullTitled(demo: Awaited<ReturnType<typeof startDemo>>, title: string) {
  const pulls = Object.values(demo.state.repository(hello).pulls);
  return pulls.find((pull) => pull.title === title) ?? expect.fail(`no pull request titled ${title}`);
}

function filesOf(title: string): Readonly<Record<string, string | null>> {
  return pullRequests.find(({ pull }) => pull.title === title)?.pull.files ?? expect.fail(`none titled ${title}`);
}

/** A folder with only these programs of the machine, to be the whole PATH. */
async function pathOf(programs: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(scratch, "path-"));
  for (const program of programs) {
    const found = ["/usr/bin", "/bin"].map((place) => join(place, program)).find((file) => existsSync(file));
    if (found !== undefined) await symlink(found, join(folder, program));
  }
  return folder;
}

async function run(file: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  const found = ["/usr/bin", "/bin"].map((place) => join(place, file)).find((path) => existsSync(path)) ?? file;
  return new Promise<{ code: number; output: string }>((finish) => {
    const child = execFile(found, args, { cwd, env }, (_, stdout, stderr) =>
      finish({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}
