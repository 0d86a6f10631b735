import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { isAlive } from "../../support/cell/alive.ts";
import { memoryLimits } from "../../support/cell/memoryLimits.ts";
import { cellProgram, runCell, startCell } from "../../support/cell/startCell.ts";
import { aCellWorld, type CellWorld } from "../../support/cell/world.ts";

const isRoot = process.getuid?.() === 0;
const isolation = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
const canIsolate = (() => {
  try {
    execFileSync("unshare", [...isolation.slice(1), "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/**
 * A build with processes in its group and in other sessions, some of them ignoring SIGTERM. Writes their pids to a
 * file.
 */
function stubbornBuild(pids: string): string {
  return [
    `(trap '' TERM; echo $BASHPID >> ${pids}; sleep 300) &`,
    `setsid bash -c "trap '' TERM; echo \\$\\$ >> ${pids}; sleep 301" > /dev/null 2>&1 &`,
    `setsid bash -c 'echo $$ >> ${pids}; setsid sleep 302 & wait' &`,
    `while [ "$(wc -l < ${pids})" -lt 3 ]; do sleep 0.05; done`,
    'echo "all processes run" >&2',
    "sleep 303",
  ].join("\n");
}

function alive(pids: string): readonly number[] {
  return readFileSync(pids, "utf8").trim().split("\n").map(Number).filter(isAlive);
}

async function startStubborn(world: CellWorld, check: Partial<Parameters<CellWorld["order"]>[0]> = {}) {
  const pids = join(world.root, "pids");
  const commit = world.hello.propose({ "hello.in": `touch ${pids}\n${stubbornBuild(pids)}` });
  const cell = startCell(world.order({ pullRequest: { number: 1, commit }, ...check }));
  await cell.until(() => cell.output().includes("all processes run"));
  expect(alive(pids)).toHaveLength(3);
  return { cell, pids };
}

async function untilDead(pids: string): Promise<readonly number[]> {
  for (let tries = 0; tries < 50 && alive(pids).length > 0; tries += 1) await sleep(100);
  return alive(pids);
}

describe("a cell that must stop", () => {
  it("kills a build at its limit with all its processes, and reports a failure (W-39)", async () => {
    const { cell, pids } = await startStubborn(aCellWorld(), { check: { timeouts: { command: "60s", build: "10s" } } });

    const { outcome } = await cell.ended;

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure", description: "" });
    expect(outcome?.findings?.preview[0]).toBe("aliBuild build exceeded its limit of 10s and was stopped.");
    expect(alive(pids)).toEqual([]);
  });

  it("exits with all its processes when its builder is killed", async () => {
    const { cell, pids } = await startStubborn(aCellWorld());

    cell.child.stdin?.destroy();

    expect((await cell.ended).outcome).toBeUndefined();
    expect(await untilDead(pids)).toEqual([]);
  });

  it("exits at once on SIGTERM", async () => {
    const { cell, pids } = await startStubborn(aCellWorld());
    const before = performance.now();

    cell.child.kill("SIGTERM");
    await cell.ended;

    expect(performance.now() - before).toBeLessThan(3000);
    expect(await untilDead(pids)).toEqual([]);
  });

  it.runIf(canIsolate)(
    "as the first process of a PID namespace ends all processes, also those without its environment",
    async () => {
      const world = aCellWorld();
      const beat = join(world.root, "beat");
      const commit = world.hello.propose({
        "hello.in": `env -i setsid bash -c 'while :; do date +%N > ${beat}; sleep 0.05; done' > /dev/null 2>&1 &\nsleep 0.5\n`,
      });

      const { outcome } = await runCell(world.order({ pullRequest: { number: 1, commit } }), { prefix: isolation });

      expect(outcome).toMatchObject({ result: "Success" });
      const last = readFileSync(beat, "utf8");
      await sleep(300);
      expect(readFileSync(beat, "utf8")).toBe(last);
    },
  );
});

describe("a machine failure", () => {
  const killTool = [
    "p=$PPID",
    "until grep -qa programs/aliBuild /proc/$p/cmdline; do p=$(ps -o ppid= -p $p | tr -d ' '); done",
    "kill -9 $p; sleep 2",
  ].join("\n");

  it.each([
    [
      "with a message about a killed compiler is out of memory",
      "echo 'g++: fatal error: Killed signal terminated program cc1plus' >&2",
      { kind: "Infrastructure", reason: "OutOfMemory" },
    ],
    ["without a message is a failure of the pull request", "true", { kind: "Verdict", result: "Failure" }],
  ])("an aliBuild that was killed %s", async (_, words, expected) => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": `${words}\nsleep 0.3\n${killTool}` });

    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject(expected);
  });

  it.runIf(memoryLimits !== undefined)(
    "a test killed by the kernel at the memory limit is an infrastructure failure",
    async () => {
      const { hello, order } = aCellWorld();
      const commit = hello.propose({ "hello.in": "head -c 1G /dev/zero | tail\n" });

      const { outcome } = await runCell(order({ pullRequest: { number: 1, commit } }), {
        prefix: ["unshare", "--mount", ...(memoryLimits?.to(2 ** 28) ?? [])],
      });

      expect(outcome).toMatchObject({
        kind: "Infrastructure",
        reason: "OutOfMemory",
        message: expect.stringMatching(/^aliBuild build ran out of memory \(limit 256 MiB\); lower .*, or raise /),
      });
    },
  );

  it.runIf(memoryLimits !== undefined)(
    "a doctor check killed at the memory limit is an infrastructure failure",
    async () => {
      const { alidist, hello, order } = aCellWorld();
      const check = "head -c 1G /dev/zero | tail";
      alidist.commit({
        "hellolib.sh": `package: hellolib\nversion: "1"\nsystem_requirement: ".*"\nsystem_requirement_check: ${check}\n---\n`,
      });

      const { outcome } = await runCell(order({ pullRequest: { number: 1, commit: hello.tip() } }), {
        prefix: ["unshare", "--mount", ...(memoryLimits?.to(2 ** 28) ?? [])],
      });

      expect(outcome).toMatchObject({
        kind: "Infrastructure",
        reason: "OutOfMemory",
        message: expect.stringMatching(/^aliBuild doctor ran out of memory \(limit 256 MiB\); raise /),
      });
    },
  );

  it.runIf(isRoot)("a disk that is full before the quota is an infrastructure failure", async () => {
    const { hello, order, area } = aCellWorld();
    const commit = hello.propose({ "hello.in": 'cat /dev/zero > "$BUILDDIR/fill"\n' });
    mkdirSync(area, { recursive: true });

    const check = { quota: { size: "1Gi" } };
    const { outcome } = await runCell(order({ check, pullRequest: { number: 1, commit } }), {
      prefix: ["unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=20m none ${area} && exec "$0" "$@"`],
    });

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "DiskFull" });
  });

  it("a message about a full disk alone is a failure of the pull request", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": "echo 'error: No space left on device' >&2; exit 1\n" });

    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
  });
});

describe("the environment of a build", () => {
  it("comes from the order alone, not from the builder (B-10, W-38)", async () => {
    const { hello, order, root } = aCellWorld();
    const seen = join(root, "seen");
    const commit = hello.propose({
      "hello.in": `env > ${seen}; cat /proc/self/environ /proc/$PPID/environ >> ${seen}\n`,
    });
    const secret = "not-for-builds";
    const secrets = ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "OTLP_WRITE_TOKEN", "NOMAD_TOKEN", "PIP_INDEX_PASSWORD"];

    const { outcome } = await runCell(
      order({ pullRequest: { number: 3, commit }, check: { env: { ALIBUILD_O2_TESTS: "1", WANTED: "yes it is" } } }),
      {
        env: { ...Object.fromEntries(secrets.map((name) => [name, secret])), https_proxy: `http://u:${secret}@proxy` },
      },
    );

    expect(outcome).toMatchObject({ result: "Success" });
    expect(readFileSync(seen, "utf8")).not.toContain(secret);
    const env = readFileSync(seen, "utf8").split("\n");
    expect(env).toEqual(
      expect.arrayContaining([
        "ALIBUILD_O2_TESTS=1",
        "WANTED=yes it is",
        `HOME=${order().paths.home}`,
        `ALIBUILD_HEAD_HASH=${commit}`,
      ]),
    );
  });

  it.runIf(isRoot)("W-38: belongs to another user with --user, without access to files of the builder", async () => {
    const { hello, order, root } = aCellWorld();
    chmodSync(root, 0o755);
    const wanted = order({
      pullRequest: { number: 3, commit: hello.propose({ "hello.in": "id -u >&2; cat /etc/shadow || true\n" }) },
    });
    const tools = join(root, "work/tools");
    const paths = { ...wanted.paths, tools };
    for (const path of [paths.area, paths.tools, paths.home, paths.tmp]) mkdirSync(path, { recursive: true });
    for (const path of [paths.area, paths.tools, paths.home, paths.tmp]) chownSync(path, 78_006, 78_006);
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };

    const { outcome, output, errors } = await runCell({ ...wanted, paths }, { args: ["--user", "78006:78006"], env });

    expect(errors).toBe("");
    expect(outcome).toMatchObject({ result: "Success" });
    expect(output()).toMatch(/ 78006\n/);
    expect(output()).toContain("/etc/shadow: Permission denied");
  });
});

describe("a cell with invalid input", () => {
  it.each([
    ["no JSON", "hello\n", "expected one line of JSON"],
    ["another document", "{}\n", "The cell cannot read its order: id: "],
  ])("answers %s with a sentence and exit code 64", async (_, text, sentence) => {
    const cell = startCell(text);

    const { code, outcome } = await cell.ended;

    expect(code).toBe(64);
    expect(outcome).toMatchObject({ kind: "Infrastructure", message: expect.stringContaining(sentence) });
  });

  it("reports an input without an order", async () => {
    const cell = startCell("");
    cell.child.stdin?.end();

    expect((await cell.ended).outcome).toMatchObject({ message: expect.stringContaining("got no order") });
  });

  it("refuses an invalid user", async () => {
    const cell = startCell("", { args: ["--user", "nobody"] });

    const { code, errors } = await cell.ended;

    expect({ code, errors }).toEqual({
      code: 64,
      errors: '--user: expected UID:GID in numbers, such as 65002:65002, found "nobody"\n',
    });
  });

  it("reports a closed event channel", () => {
    const node = join(cellProgram, "../../../node_modules/.bin/node");

    const run = () => execFileSync(node, [cellProgram], { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });

    expect(run).toThrow("file descriptor 3");
  });
});
