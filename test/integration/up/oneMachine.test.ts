import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPoolFiles } from "../../../src/local/pools/poolFiles.ts";
import { anInstallation, type Installation } from "../../support/up/installation.ts";

const checkout = resolve(import.meta.dirname, "../../..");
const examples = join(checkout, "examples/one-machine");
const unit = () => readFile(join(examples, "builderpool.service"), "utf8");

/** Parses the plist in Apple's format. */
async function plist(): Promise<{ readonly ProgramArguments: readonly string[]; readonly [key: string]: unknown }> {
  const script = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
  const { stdout } = await execa("python3", ["-c", script, join(examples, "ch.cern.alice.builderpool.plist")]);
  return JSON.parse(stdout);
}

describe("the service files", () => {
  let machine: Installation;
  let token: string;
  beforeAll(async () => {
    machine = await anInstallation();
    await machine.declare();
    await mkdir(join(machine.directory, "credentials"), { mode: 0o700 });
    token = join(machine.directory, "credentials/github-token");
    await writeFile(token, `${machine.github.token}\n`, { mode: 0o600 });
  });
  afterAll(() => machine.close());

  /** Runs the command of a service file on this installation, until no work is left. */
  async function start(words: readonly string[], places: Readonly<Record<string, string>>) {
    const [command = "", ...args] = words.map((word) =>
      Object.entries(places).reduce((text, [from, to]) => text.replace(from, to), word),
    );
    const listings = machine.github.requests.length;
    const flags = ["--until-idle", "--listen", "127.0.0.1:0"];
    const env = { PATH: process.env["PATH"] ?? "", HOME: "/nowhere" };
    const ended = await execa(command, [...args, ...flags], { env, extendEnv: false, reject: false });
    const graphql = machine.github.requests.slice(listings).filter(({ path }) => path === "/graphql").length;
    return { ...ended, graphql };
  }

  it("include a valid systemd unit", async () => {
    const text = await unit();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.filter((line) => !/^(\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=.+)$/.test(line))).toEqual([]);
    const folder = await mkdtemp(join(tmpdir(), "unit-"));
    const file = join(folder, "builderpool.service");
    await writeFile(file, text.replaceAll("/opt/builderpool", checkout));
    const verified = await execa("systemd-analyze", ["verify", file], { reject: false });
    await rm(folder, { recursive: true });
    if (verified.code !== "ENOENT") expect([verified.stderr, verified.exitCode]).toEqual(["", 0]);
  });

  it("start the pools of the unit with the token of its credential", async () => {
    const words = /^ExecStart=(?<words>.*)$/m.exec(await unit())?.groups?.["words"]?.split(" ") ?? [];
    const places = {
      "/opt/builderpool": checkout,
      "/etc/builderpool/pools.yaml": machine.poolFile,
      "%S/builderpool": machine.workDir,
      "%d": join(machine.directory, "credentials"),
    };
    const { exitCode, stdout, graphql } = await start(words, places);
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/builds run as users 63002 and up/);
    expect(graphql).toBeGreaterThan(0);
  });

  it("include a property list that starts the pools as root and builds as another user", async () => {
    const { ProgramArguments, KeepAlive, RunAtLoad, Label } = await plist();
    expect([Label, RunAtLoad, KeepAlive]).toEqual(["ch.cern.alice.builderpool", true, { SuccessfulExit: false }]);
    const places = {
      "/opt/builderpool": checkout,
      "/usr/local/etc/builderpool/pools.yaml": machine.poolFile,
      "/usr/local/etc/builderpool/github-token": token,
      "/build/builderpool": `${machine.workDir}-mac`,
      alibuild: "nobody",
    };
    const { exitCode, stdout, graphql } = await start(ProgramArguments, places);
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/builds run as users 65534 and up, one for each builder: they cannot read/);
    expect(graphql).toBeGreaterThan(0);
  });

  it("include a valid pool file", async () => {
    const { pools, problems } = await readPoolFiles([join(examples, "pools.yaml")]);
    expect([pools.map(({ metadata }) => metadata.name), problems]).toEqual([["o2"], []]);
  });

  it("refuse a token file readable by others with a message and exit code 2", async () => {
    await chmod(token, 0o644);
    const args = ["up", "-f", machine.poolFile, "--work-dir", machine.workDir, "--token-file", token];
    const { exitCode, stderr } = await execa(join(checkout, "bin/builderpool"), args, { reject: false });
    await chmod(token, 0o600);
    expect([exitCode, stderr]).toEqual([
      2,
      `builderpool: --token-file ${token}: every user of this machine can read or change it, also builds; run: chmod 600 ${token}`,
    ]);
  });
});
