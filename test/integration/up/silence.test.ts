import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  anInstallation,
  check,
  greeting,
  hello,
  type Installation,
  type UpProcess,
} from "../../support/up/installation.ts";

const limit = { timeout: 90_000, interval: 500 };
const slow = (text: string) => ({ ...greeting(text), "test/slow.test": "sleep 4\n" });

describe("silence on one machine", () => {
  let machine: Installation;
  let up: UpProcess;
  beforeAll(async () => {
    machine = await anInstallation();
    await machine.declare();
    up = machine.up();
    await up.line(/hello-0.*[Rr]eady/);
  });
  afterAll(() => machine.close());

  const terminal = (commit: string) => machine.statuses(commit).filter((text) => !text.startsWith("pending"));
  const publish = (commit: string, state: "success" | "error", targetUrl: string) =>
    machine.github.state.setStatus({ repository: hello, commit, context: check, state, targetUrl, creator: "bob" });
  const builds = () => machine.get<"Build">("builds");
  const shadows = async () => (await builds()).filter(({ spec }) => spec.shadow !== undefined);

  it("set back during a build ends with one published verdict (incident)", async () => {
    await machine.declare({ silent: true });
    await up.line(/hello: changed: silent/);
    const { number, commit } = await machine.propose("Whisper slowly", slow("Hello, hush"));
    await up.line(new RegExp(`#${number}: hello-0 builds`));
    await machine.declare();
    await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
  });

  it("of a pool gives a published verdict however often it is toggled", async () => {
    const { commit } = await machine.propose("Toggle", slow("Hello, on and off"));
    for (let n = 0; n < 8; n += 1) {
      await machine.declare({ silent: n % 2 === 0 });
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
    await machine.declare();
    await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
  });

  it("of one builder by a file builds shadows, and leaves all public verdicts to the loud builder", async () => {
    await machine.declare({ instances: 2 });
    await up.line(/hello-1.*[Rr]eady/);
    const file = join(machine.workDir, "builders/hello-1/config/silent");
    await writeFile(file, "a suspicious disk\n");
    const isSilent = async () => (await machine.get<"Builder">("builders")).map(({ status }) => status?.silent);
    await expect.poll(isSilent, limit).toEqual([false, true]);
    const pulls = [];
    for (const text of ["one", "two", "three"]) pulls.push(await machine.propose(text, greeting(`Hello, ${text}`)));
    for (const { commit } of pulls) await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
    const numbers = pulls.map(({ number }) => number);
    const built = async () =>
      (await shadows()).filter(({ spec, status }) => numbers.includes(spec.number) && status?.phase === "Done");
    await expect.poll(async () => (await built()).length, limit).toBe(3);
    for (const { spec, status } of await built()) {
      expect(status?.verdict).toMatchObject({ builder: "hello-1", silent: true, result: "Success" });
      expect(status?.reported).toBeUndefined();
      const loud = (await builds()).find(({ metadata }) => metadata.name === spec.shadow?.of);
      expect(loud?.status).toMatchObject({ attempt: 1, verdict: { builder: "hello-0", silent: false } });
      expect(status?.verdict?.log?.path).not.toBe(loud?.status?.verdict?.log?.path);
    }
    for (const { commit } of pulls) expect(terminal(commit)).toEqual(["success"]);
    await rm(file);
    await expect.poll(isSilent, limit).toEqual([false, false]);
  });

  it("of a pool with the check of a loud pool shadows that pool without a Conflict", async () => {
    await machine.declare();
    const loud = await readFile(machine.poolFile, "utf8");
    await machine.declare({ silent: true }, "next");
    await writeFile(machine.poolFile, `${loud}---\n${await readFile(machine.poolFile, "utf8")}`);
    await up.line(/next-0.*[Rr]eady/);
    const { number, commit } = await machine.propose("Beside", greeting("Hello, beside"));
    await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
    const shadow = async () =>
      (await builds()).find(({ spec }) => spec.pool === "next" && spec.number === number)?.status?.verdict;
    await expect.poll(shadow, limit).toMatchObject({ builder: "next-0", silent: true, commit });
    expect(terminal(commit)).toEqual(["success"]);
    const next = (await machine.get<"BuilderPool">("pools")).find(({ metadata }) => metadata.name === "next");
    expect(next?.status?.conditions?.find(({ type }) => type === "Conflict")).toMatchObject({ status: "False" });
    const side = { with: "hello", compared: expect.any(Number), disagreements: 0 };
    const compared = async () =>
      (await machine.get<"BuilderPool">("pools")).find(({ metadata }) => metadata.name === "next")?.status?.comparisons;
    await expect.poll(compared, limit).toEqual([expect.objectContaining(side)]);
    const printed = await machine.run("compare", "next", "--with", "hello");
    expect(printed).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/ compared, \d+ agree, 0 disagree/) });
    expect(await machine.run("compare", "nxt")).toMatchObject({ exitCode: 2 });
    expect(await machine.run("compare", "next", "--with", "github")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("nothing to compare"),
    });
  });

  it("compares the verdicts of a silent pool with the statuses of another system, and exits with 1", async () => {
    await machine.declare({ silent: true });
    const { commit, number } = await machine.propose("Migrate", greeting("Hello, migration"));
    const verdict = async () => (await builds()).find(({ spec }) => spec.number === number)?.status?.verdict;
    await expect.poll(verdict, limit).toMatchObject({ silent: true, result: "Success" });
    publish(commit, "error", "https://ali-bot.example/log");
    const compare = () => machine.run("compare", "hello", "--with", "github");
    await expect.poll(async () => (await compare()).exitCode, limit).toBe(1);
    const { stdout } = await compare();
    expect(stdout).toContain(`#${number}: Success in hello (http`);
    expect(stdout).toContain("error in github (https://ali-bot.example/log)");
  });

  it("notices another writer of a loud check", async () => {
    await machine.declare();
    const { commit } = await machine.propose("Twice", greeting("Hello, twice"));
    await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
    const conflict = async () =>
      (await machine.get<"BuilderPool">("pools"))[0]?.status?.conditions?.find(({ type }) => type === "Conflict");
    publish(commit, "success", "https://elsewhere.example/log");
    await expect.poll(conflict, limit).toMatchObject({
      status: "True",
      reason: "OtherWriter",
      message: expect.stringMatching(/^"bob" wrote the status "success" \(https:\/\/elsewhere\.example\/log\)/),
    });
    expect((await machine.run("get", "pools")).stdout).toContain('hello: "bob" wrote the status');
  });
});
