import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Build } from "../../../src/api/objects/build.ts";
import { anInstallation, hello, type Installation, type UpProcess } from "../../support/up/installation.ts";
import { broken, unreported } from "../../support/up/invariants.ts";
import { type Recorder, record } from "../../support/up/recorder.ts";

const limit = { timeout: 90_000, interval: 200 };
const isRoot = process.getuid?.() === 0;

/** Several runs of `up` on one work folder; the log store is a folder next to it. */
describe("an unavailable log store", () => {
  let machine: Installation;
  let up: UpProcess;
  let recorder: Recorder;
  let store = "";
  let port = 0;

  beforeAll(async () => {
    machine = await anInstallation();
    store = join(machine.directory, "logs");
    port = await aFreePort();
    await machine.declare({ logs: { directory: store } });
    await start();
    recorder = record(machine.workDir);
  });
  afterAll(async () => {
    recorder?.close();
    if (isMounted()) execFileSync("umount", [store]);
    await machine.close();
  });

  /** Always the same port, so that links stay valid. */
  async function start(): Promise<void> {
    up = machine.up("--listen", `127.0.0.1:${port}`);
    await up.line(/hello-0: ready/);
  }
  const isMounted = () => readFileSync("/proc/mounts", "utf8").includes(` ${store} `);
  const build = (number: number): Build | undefined => recorder.builds().find(({ spec }) => spec.number === number);
  const terminal = (commit: string) => machine.statuses(commit).filter((status) => !status.startsWith("pending"));
  const comments = (number: number) => machine.github.state.comments(hello, number);
  const mistake = (word: string) => ({ "src/greeting.cxx": `const char* greeting() { return ${word} }\n` });
  const complaint = (why: string) =>
    new RegExp(`the log store takes no logs \\(.*${why}.*\\), so they wait on this machine and are sent again`);

  /** The verdict is on the object and not yet on GitHub. */
  async function expectKept(number: number, commit: string): Promise<void> {
    await expect
      .poll(() => build(number)?.status?.verdict, limit)
      .toMatchObject({
        result: "Failure",
        log: { stored: false },
      });
    expect([terminal(commit), comments(number)]).toEqual([[], []]);
  }
  /** The verdict was published once, and its link opens. */
  async function expectDelivered(number: number, commit: string): Promise<void> {
    await expect.poll(() => build(number)?.status?.verdict?.log?.stored, limit).toBe(true);
    await expect.poll(() => comments(number), limit).toHaveLength(1);
    await expect.poll(() => terminal(commit), limit).toEqual([expect.stringMatching(/^error /)]);
    expect(build(number)?.status).toMatchObject({ phase: "Done", attempt: 1 });
    const [status] = machine.github.state.statuses(hello, commit);
    const link = status?.targetUrl ?? "";
    expect(link).toBe(build(number)?.status?.verdict?.log?.url);
    expect(await (await fetch(link)).text()).toContain("The build failed");
    expect(await (await fetch(link.replace("pretty.html", "fullLog.txt"))).text()).toMatch(
      /greeting\.cxx:1:.* error: /,
    );
  }

  it("replaced by a file delays no verdict on the object, is reported, and gets the log after its recovery", async () => {
    renameSync(store, `${store}.away`);
    writeFileSync(store, "");
    const { number, commit } = await machine.propose("Break", mistake("1 2;"));
    await expectKept(number, commit);
    await up.line(complaint("EEXIST|ENOTDIR"));
    expect((await machine.run("get", "builders")).stdout).toMatch(complaint("EEXIST|ENOTDIR"));
    rmSync(store);
    renameSync(`${store}.away`, store);
    await expectDelivered(number, commit);
    await expect.poll(async () => (await machine.run("get", "builders")).stdout, limit).not.toMatch(/the log store/);
  });

  it("with a deleted folder creates the folder again", async () => {
    rmSync(store, { recursive: true });
    const { number, commit } = await machine.propose("Break on", mistake("3 4;"));
    await expectDelivered(number, commit);
  });

  it("during a restart does not stop the next `up`, which waits for its recovery", async () => {
    renameSync(store, `${store}.away`);
    writeFileSync(store, "");
    const { number, commit } = await machine.propose("Break again", mistake("5 6;"));
    await expectKept(number, commit);
    up.kill("SIGKILL");
    await up.ended;
    await start();
    await up.line(
      /log folder .*\/logs cannot be used \(EEXIST\): make it a writable folder; build logs wait until then/,
    );
    await up.line(complaint("EEXIST|ENOTDIR"));
    expect(terminal(commit)).toEqual([]);
    rmSync(store);
    renameSync(`${store}.away`, store);
    await expectDelivered(number, commit);
  });

  it.runIf(isRoot && process.platform === "linux")(
    "on a full disk keeps the whole log in the sandbox until space is free",
    async () => {
      rmSync(store, { recursive: true });
      mkdirSync(store);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1M", "tmpfs", store]);
      const noise = "head -c 3M /dev/urandom | base64; echo 'src/greeting.cxx:1:1: error: noise'; false\n";
      const { number, commit } = await machine.propose("Make noise", { "test/noise.test": noise });
      await expectKept(number, commit);
      await up.line(complaint("ENOSPC"));
      expect(terminal(commit)).toEqual([]);
      execFileSync("mount", ["-o", "remount,size=64M", store]);
      await expectDelivered(number, commit);
    },
  );

  it("causes no lost verdict, no second build and no waiting log", async () => {
    expect(broken(recorder.writes())).toEqual([]);
    await expect.poll(() => unreported(recorder.writes(), machine.github.state), limit).toEqual([]);
    const waiting = join(machine.workDir, "builders/hello-0/state/pending-logs");
    await expect.poll(() => execFileSync("ls", [waiting], { encoding: "utf8" }), limit).toBe("");
  });
});

function aFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
