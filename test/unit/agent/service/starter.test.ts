import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { bundleHeader } from "../../../../src/agent/service/shell.ts";
import { starterOf } from "../../../../src/agent/service/starter.ts";

type Write = (file: string, text: string) => void;

const shells = ["dash", "bash"];

/** A program that answers as Node of this major version, and prints its arguments. */
function fakeNode(path: string, major: number): string {
  const script = `#!/bin/sh\n[ "$1" = -p ] && echo ${major} && exit\necho "node ${major}: $*"\n`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

/** An installation with two versions in a folder with a blank and a quote. */
function anInstallation(major = 24) {
  const root = mkdtempSync(join(tmpdir(), "it's a starter-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const version of ["v1", "v2"]) {
    mkdirSync(join(root, "versions", version), { recursive: true });
    writeFileSync(join(root, "versions", version, "agent.mjs"), version);
  }
  const node = fakeNode(join(root, "node"), major);
  const wish = { name: "mac1", node, logFile: "/var/log/mac1.log", stateDir: "/var/db/builderpool/mac1" };
  writeFileSync(join(root, "start"), starterOf(wish), { mode: 0o755 });
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : undefined);
  write("current", "v2\n");
  const start = (shell: string) =>
    execa(shell, [join(root, "start")], { env: { PATH: "/usr/bin:/bin" }, extendEnv: false, reject: false });
  return { root, write, read, start };
}

describe.each(shells)("the starter under %s, with a PATH of /usr/bin:/bin", (shell) => {
  it("runs the current version", async () => {
    const { root, start } = anInstallation();
    const { stdout, exitCode } = await start(shell);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      `node 24: ${root}/versions/v2/agent.mjs agent run mac1 --state-dir /var/db/builderpool/mac1 --log-file /var/log/mac1.log`,
    );
  });

  it("starts an update on trial three times, then the previous version, and notes the reason", async () => {
    const { start, write, read } = anInstallation();
    write("previous", "v1\n");
    write("trial", "");
    for (let count = 1; count <= 3; count += 1) {
      expect((await start(shell)).stdout).toContain("/versions/v2/");
      expect(read("trial")).toBe("start\n".repeat(count));
    }
    expect((await start(shell)).stdout).toContain("/versions/v1/");
    expect([read("current"), read("trial"), read("undone")]).toEqual(["v1\n", undefined, "v2 could not start\n"]);
    expect((await start(shell)).stdout).toContain("/versions/v1/");
  });

  it("keeps the only version", async () => {
    const { start, write } = anInstallation();
    write("trial", "start\nstart\nstart\nstart\n");
    expect((await start(shell)).stdout).toContain("/versions/v2/");
  });

  it.each([
    ["an empty name", (write: Write) => write("current", "")],
    ["a version without files", (write: Write) => write("current", "v3\n")],
    ["an empty program", (write: Write) => write("versions/v2/agent.mjs", "")],
  ])("returns to the previous version after a power cut left %s", async (_, cut) => {
    const { start, write, read } = anInstallation();
    write("previous", "v1\n");
    write("trial", "");
    cut(write);
    expect((await start(shell)).stdout).toContain("/versions/v1/");
    expect([read("current"), read("trial")]).toEqual(["v1\n", undefined]);
    expect(read("undone")).toMatch(/^(v[23]|a new version) is not complete\n$/);
  });

  it("counts no starts when an interrupted update left the old version selected", async () => {
    const { start, write, read } = anInstallation();
    write("previous", "v2\n");
    write("trial", "");
    for (let count = 1; count <= 5; count += 1) expect((await start(shell)).stdout).toContain("/versions/v2/");
    expect([read("current"), read("undone")]).toEqual(["v2\n", undefined]);
  });

  it("refuses an old Node with one sentence", async () => {
    const { stderr, exitCode } = await anInstallation(22).start(shell);
    expect({ stderr, exitCode }).toEqual({
      stderr: expect.stringMatching(/^builderpool: expected Node 24 or newer, found none or older ones; install it/),
      exitCode: 69,
    });
  });

  it("is a start line for the bundle too: an old Node in PATH is refused, a good one runs it", async () => {
    const { root } = anInstallation();
    const bundle = join(root, "bundle.mjs");
    writeFileSync(bundle, `${bundleHeader}console.log("javascript");\n`);
    const env = { PATH: `${root}:/usr/bin:/bin` };
    const run = () => execa(shell, [bundle, "agent", "status"], { env, extendEnv: false, reject: false });
    expect((await run()).stdout).toBe(`node 24: ${bundle} agent status`);
    fakeNode(join(root, "node"), 22);
    expect((await run()).exitCode).toBe(69);
  });
});

it("the header of the bundle is JavaScript without effect", async () => {
  const { stdout } = await execa(process.execPath, ["--input-type=module", "-"], {
    input: `${bundleHeader.replace(/^#!.*\n/, "")}console.log("javascript");\n`,
  });
  expect(stdout).toBe("javascript");
});
