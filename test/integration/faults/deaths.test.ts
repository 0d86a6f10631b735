import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Build } from "../../../src/api/objects/build.ts";
import { stopLeftovers } from "../../../src/builder/machine/leftovers.ts";
import { listProcesses } from "../../../src/builder/machine/processes.ts";
import { anInstallation, greeting, hello, type Installation, type UpProcess } from "../../support/up/installation.ts";
import { broken, unreported } from "../../support/up/invariants.ts";
import { aJournal, type Journal } from "../../support/up/journal.ts";
import { type Recorder, record } from "../../support/up/recorder.ts";

/** A status reaches GitHub after the write of its verdict, later on a loaded machine. */
const reported = { timeout: 30_000 };

/** All cases share one work folder: each starts `up` on the state of the previous case. */
describe.skipIf(process.platform !== "linux")("a process death", () => {
  let machine: Installation;
  let journal: Journal;
  let recorder: Recorder;
  let up: UpProcess;

  beforeAll(async () => {
    machine = await anInstallation();
    journal = aJournal(join(machine.directory, "journal"));
    await machine.declare();
    up = machine.up();
  });
  afterAll(async () => {
    recorder?.close();
    up.kill("SIGKILL");
    await up.ended;
    await stopLeftovers(machine.workDir);
    await machine.close();
  });

  async function kill(): Promise<void> {
    up.kill("SIGKILL");
    await up.ended;
  }

  /** Starts `up` again and waits until it builds. */
  async function again(): Promise<void> {
    up = machine.up();
    await up.line(/hello-0: ready/);
  }

  function find(number: number): Build | undefined {
    return recorder.builds().find(({ spec }) => spec.number === number);
  }

  function until(number: number, status: object): Promise<void> {
    return expect.poll(() => find(number)?.status, { timeout: 60_000, interval: 50 }).toMatchObject(status);
  }

  function terminal(commit: string): readonly string[] {
    return machine.statuses(commit).filter((status) => !status.startsWith("pending"));
  }

  /** The PIDs of the running cell and its processes. */
  async function cell(): Promise<{ readonly wrapper: number; readonly all: readonly number[] }> {
    const text = readFileSync(join(machine.workDir, "builders/hello-0/state/cell.json"), "utf8");
    const wrapper = Number(JSON.parse(text).pid);
    const table = await listProcesses();
    const all = new Set([wrapper]);
    for (const { pid } of table.filter(({ parent }) => all.has(parent))) all.add(pid);
    return { wrapper, all: [...all] };
  }

  it("during the warm-up leaves no process, and the next `up` restarts the warm-up", async () => {
    await up.line(/hello-0: .*aliBuild/);
    await expect
      .poll(
        () =>
          cell().then(
            ({ all }) => all.length,
            () => 0,
          ),
        { timeout: 20_000, interval: 50 },
      )
      .toBe(2);
    const { all } = await cell();
    await kill();
    await expect
      .poll(async () => (await listProcesses()).filter(({ pid }) => all.includes(pid)), {
        timeout: 5_000,
        interval: 50,
      })
      .toEqual([]);
    recorder = record(machine.workDir);
    await again();
  });

  it("of a cell is an infrastructure failure: pending, never red, and retried", async () => {
    const { number, commit } = await machine.propose("Lose the cell", {
      ...greeting("Hello"),
      ...journal.holding("cell"),
    });
    await expect.poll(() => journal.runs("cell"), { timeout: 30_000, interval: 50 }).toHaveLength(1);
    const { all, wrapper } = await cell();
    for (const pid of all) if (pid !== wrapper) process.kill(pid, "SIGKILL");
    await until(number, { phase: "Queued", trouble: { reason: "CellDied" } });
    journal.release("cell");
    await expect.poll(() => machine.statuses(commit), reported).toHaveLength(2);
    expect(machine.statuses(commit)).toEqual([
      expect.stringMatching(/^pending Started /),
      expect.stringMatching(/^pending /),
    ]);
  });

  it("just after a claim requeues the build, which the next process builds once", async () => {
    machine.github.faults.add({ on: "* /git/*", fault: { kind: "hang" } });
    const { number, commit } = await machine.propose("Claim", greeting("Hello, claim"));
    await until(number, { phase: "Claimed", attempt: 1 });
    await kill();
    machine.github.faults.clear();
    await again();
    await until(number, { phase: "Done", attempt: 2, verdict: { attempt: 2, result: "Success" } });
    await expect.poll(() => terminal(commit), reported).toEqual(["success"]);
  });

  it("during a build with a stopped cell has its leftovers killed before any new process starts", async () => {
    const { number, commit } = await machine.propose("Run", { ...greeting("Hello, run"), ...journal.holding("run") });
    await expect.poll(() => journal.runs("run"), { timeout: 30_000, interval: 50 }).toHaveLength(1);
    const { all } = await cell();
    for (const pid of all) process.kill(pid, "SIGSTOP"); // so the cell does not notice that its pipe closed
    await kill();
    await sleep(500);
    expect((await listProcesses()).filter(({ pid }) => all.includes(pid))).toHaveLength(all.length);
    const restarted = Date.now();
    await again();
    expect(up.output()).toMatch(/stopped [0-9]+ processes left over from an earlier `up`/);
    await expect.poll(() => journal.runs("run"), { timeout: 30_000, interval: 50 }).toHaveLength(2);
    journal.release("run");
    await until(number, { phase: "Done", attempt: 2, verdict: { result: "Success" } });
    await expect.poll(() => terminal(commit), reported).toEqual(["success"]);
    const [first, second] = journal.runs("run");
    expect(first?.last).toBeGreaterThan(restarted); // the cell outlived its `up`
    expect(second?.first).toBeGreaterThan(first?.last ?? Number.POSITIVE_INFINITY);
  });

  it("between verdict and report causes only the report: one status, one comment, no second build", async () => {
    const breaking = { "src/greeting.cxx": "const char* greeting() { return 1 2; }\n" };
    const { github } = machine;
    github.faults.add({ on: `POST /repos/${hello}/statuses/*`, skip: 1, fault: { kind: "hang" } });
    const { number, commit } = await machine.propose("Break", breaking);
    await until(number, { phase: "Done", verdict: { result: "Failure" } });
    expect(terminal(commit)).toEqual([]);
    await kill();
    github.faults.clear();
    github.faults.add({ on: `POST /repos/${hello}/issues/*`, fault: { kind: "cutAfter" } });
    up = machine.up();
    await expect.poll(() => github.state.comments(hello, number), { timeout: 30_000, interval: 10 }).toHaveLength(1);
    await kill();
    github.faults.clear();
    await again();
    await expect.poll(() => find(number)?.status?.reported, reported).toHaveProperty("commented");
    expect(terminal(commit)).toEqual([expect.stringMatching(/^error /)]);
    expect(github.state.comments(hello, number)).toHaveLength(1);
    expect(find(number)?.status).toMatchObject({ attempt: 1 });
  });

  it("that is only a pause of seconds keeps the claim", async () => {
    const { number, commit } = await machine.propose("Nap", { ...greeting("Hello, nap"), ...journal.holding("nap") });
    await expect.poll(() => journal.runs("nap"), { timeout: 30_000, interval: 50 }).toHaveLength(1);
    process.kill(up.pid, "SIGSTOP");
    await sleep(6_000);
    process.kill(up.pid, "SIGCONT");
    journal.release("nap");
    await until(number, { phase: "Done", attempt: 1, verdict: { result: "Success" } });
    await expect.poll(() => terminal(commit), reported).toEqual(["success"]);
    expect(journal.runs("nap")).toHaveLength(1);
  });

  it("does not lose a promised retry", async () => {
    const build = recorder.builds().find(({ spec }) => spec.title === "Lose the cell");
    await until(build?.spec.number ?? 0, { phase: "Done", verdict: { result: "Success" } });
    await expect.poll(() => terminal(build?.spec.commit ?? ""), reported).toEqual(["success"]);
  });

  it("repeated several times causes no second live claim, no second verdict and no missing report", async () => {
    expect(recorder.builds().map(({ spec, status }) => [spec.title, status?.phase])).toEqual(
      recorder.builds().map(({ spec }) => [spec.title, "Done"]),
    );
    const writes = recorder.writes();
    expect(writes.length).toBeGreaterThan(30);
    expect(broken(writes)).toEqual([]);
    await expect.poll(() => unreported(recorder.writes(), machine.github.state), reported).toEqual([]);
    for (const name of ["cell", "run", "nap"]) {
      const runs = journal.runs(name);
      expect(runs.slice(1).every(({ first }, n) => first > (runs[n]?.last ?? Number.POSITIVE_INFINITY))).toBe(true);
    }
  });
});
