import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Build } from "../../../src/api/objects/build.ts";
import { anInstallation, greeting, hello, type Installation, type UpProcess } from "../../support/up/installation.ts";
import { broken, unreported } from "../../support/up/invariants.ts";
import { type Recorder, record } from "../../support/up/recorder.ts";
import { held, processesWith } from "../../support/up/slow.ts";

const limit = { timeout: 90_000, interval: 200 };
const mebibyte = 2 ** 20;

describe.skipIf(process.platform !== "linux")("builderpool up with misbehaving builds", () => {
  let machine: Installation;
  let up: UpProcess;
  let recorder: Recorder;

  beforeAll(async () => {
    machine = await anInstallation();
    await machine.declare({ logs: { maxSize: "4Mi" } });
    up = machine.up();
    await up.line(/hello-0: ready/);
    recorder = record(machine.workDir);
  });
  afterAll(async () => {
    recorder?.close();
    await machine.close();
  });

  const build = (number: number): Build | undefined => recorder.builds().find(({ spec }) => spec.number === number);
  const verdict = async (number: number, ms = limit.timeout) => {
    await expect.poll(() => build(number)?.status?.verdict, { ...limit, timeout: ms }).toBeDefined();
    return build(number)?.status?.verdict;
  };
  const comment = async (number: number) => {
    await expect.poll(() => machine.github.state.comments(hello, number), limit).toHaveLength(1);
    return machine.github.state.comments(hello, number)[0]?.body ?? "";
  };
  const fetched = async (url = "") => await (await fetch(url)).text();
  const fullLog = (url = "") => url.replace("pretty.html", "fullLog.txt");
  /** Peak memory of `up`, in MiB. */
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${up.pid}/status`, "utf8"))?.[1]) / 1024;

  it("keeps its memory bounded for 1 GB of output, and stores its beginning and end", async () => {
    const { number } = await machine.propose("Flood", {
      "test/flood.test": [
        "echo first of all",
        `yes "$(seq 4000 | tr '\\n' ' ')" | head -c 1G`, // as aliBuild takes its time for every line
        "echo; echo 'src/flood.cxx:1:1: error: too loud'",
        "false\n",
      ].join("\n"),
    });
    const { result, log } = (await verdict(number, 230_000)) ?? {};
    expect(result).toBe("Failure");
    expect(peak()).toBeLessThan(600);
    const text = await fetched(fullLog(log?.url));
    expect(text.length).toBeGreaterThan(3 * mebibyte);
    expect(text.length).toBeLessThan(5 * mebibyte);
    expect(text).toContain("first of all");
    expect(text).toContain("error: too loud");
    const left = Number(/\n\[… (\d+) bytes left out …\]\n/.exec(text)?.[1]);
    expect(left).toBeGreaterThan(1020 * mebibyte);
    expect(await fetched(log?.url)).toContain("src/flood.cxx:1:1: error: too loud");
    expect(await comment(number)).toContain("src/flood.cxx:1:1: error: too loud");
    const outputs = readdirSync(join(machine.workDir, "builders/hello-0")).filter((name) => name.startsWith("output."));
    for (const name of outputs)
      expect(statSync(join(machine.workDir, "builders/hello-0", name)).size).toBeLessThanOrEqual(64 * mebibyte);
  });

  it("finds the error behind binary output, colours and lines of 1 MB, and shows it as plain text", async () => {
    const { number } = await machine.propose("Noise", {
      "test/noise.test": [
        "head -c 1048576 /dev/zero | tr '\\0' x; echo",
        "head -c 300000 /dev/urandom; echo",
        "printf '\\033]0;a title\\007\\033[2J\\033[01;31msrc/noise.cxx:3:1: error: \\033[Kin red\\033[0m\\n'",
        "head -c 1048576 /dev/zero | tr '\\0' y",
        "false\n",
      ].join("\n"),
    });
    const { result, log } = (await verdict(number)) ?? {};
    expect(result).toBe("Failure");
    const said = await comment(number);
    expect(said).toContain("src/noise.cxx:3:1: error: in red");
    for (const text of [said, await fetched(log?.url)]) expect(text).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/);
  });

  it("kills all processes of a build that forks twice and creates its own sessions", async () => {
    const signs = join(machine.directory, "signs");
    mkdirSync(signs);
    chmodSync(signs, 0o777);
    const { number } = await machine.propose("Summon", {
      ...greeting("Hello, daemons"),
      "test/summon.test": [
        `daemon='trap "" TERM HUP INT; echo > "$0"; while :; do sleep 0.1; done'`,
        "exec < /dev/null > /dev/null 2>&1",
        `sh -c "$daemon" ${signs}/forked &`,
        `(sh -c "$daemon" ${signs}/forked-twice &)`,
        `setsid sh -c "$daemon" ${signs}/session &`,
        `(setsid setsid -f sh -c "$daemon" ${signs}/session-twice &)`,
        `(env -i PATH="$PATH" setsid -f sh -c "$daemon" ${signs}/nameless &)`,
        `until test $(ls ${signs} | wc -l) -eq 5; do sleep 0.1; done\n`,
      ].join("\n"),
    });
    expect(await verdict(number)).toMatchObject({ result: "Success" });
    expect(processesWith(signs)).toBe(0);
    expect(readdirSync(signs)).toHaveLength(5);
  });

  it("W-23: uses the pool's values for empty and invalid files in config/, reports them, and obeys a corrected file", async () => {
    const config = join(machine.workDir, "builders/hello-0/config");
    const file = (name: string) => join(config, name);
    const long = held(machine, "long");
    const first = await machine.propose("Take long", long.files);
    await up.line(new RegExp(`#${first.number}: GitHub shows pending`));
    const asked = machine.github.requests.length;
    const since = Date.now();

    writeFileSync(file("timeout"), "");
    writeFileSync(file("workers-pool-size"), Buffer.from([0, 255, 254, 7, 27, 91, 50, 74]));
    writeFileSync(file("worker-index"), "x".repeat(3 * mebibyte));
    rmSync(file("long-timeout"));
    mkdirSync(file("long-timeout"));
    mkdirSync(file("silent"));
    execFileSync("mkfifo", [file("debug")]);
    const warnings = [
      /config\/silent is not a file, so it is ignored: expected any text to make this builder silent, or delete it/,
      /config\/debug is not a file/,
      /config\/workers-pool-size says "[^"]*", so it is ignored: expected a number of builders from 1/,
      /config\/worker-index says "x{60}", so it is ignored/,
      /config\/timeout is empty, so it is ignored: expected seconds from 1, or a duration such as 10m, or delete it/,
      /config\/long-timeout is not a file/,
    ];
    for (const warning of warnings) await up.line(warning);
    const shown = (await machine.run("get", "builders")).stdout;
    for (const warning of warnings) expect(shown).toMatch(warning);
    await long.release();
    expect(await verdict(first.number)).toMatchObject({ result: "Success", silent: false });
    // Bound: the usual poll of one repository per second, and the reports of one build.
    expect(machine.github.requests.length - asked).toBeLessThan(30 + 3 * ((Date.now() - since) / 1000));
    const writes = () => recorder.writes().filter(({ kind }) => kind === "Builder").length;
    const before = writes();

    rmSync(file("long-timeout"), { recursive: true });
    writeFileSync(file("long-timeout"), "4\n");
    for (const name of ["silent", "debug"]) rmSync(file(name), { recursive: true });
    for (const name of ["timeout", "workers-pool-size", "worker-index"]) rmSync(file(name));
    await expect.poll(async () => (await machine.run("get", "builders")).stdout, limit).not.toMatch(/config\//);
    expect(writes() - before).toBeLessThan(10);
    expect(readFileSync(file("timeout"), "utf8")).toBe("120\n");
    const second = await machine.propose("Take too long", held(machine, "too-long").files);
    expect(await verdict(second.number)).toMatchObject({ result: "Failure" });
    expect(await comment(second.number)).toContain("aliBuild build exceeded its limit of 4000ms and was stopped.");
  });

  it("accepts and publishes each verdict once", async () => {
    await expect.poll(() => unreported(recorder.writes(), machine.github.state), limit).toEqual([]);
    expect(broken(recorder.writes())).toEqual([]);
    expect(recorder.builds().map(({ status }) => [status?.phase, status?.attempt])).toEqual(
      recorder.builds().map(() => ["Done", 1]),
    );
  });
});
