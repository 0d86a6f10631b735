import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anInstallation, greeting, type Installation, type UpProcess } from "../../support/up/installation.ts";

const first = "grid-certificate-of-today";
const second = "grid-certificate-of-tomorrow";

describe("the cellSecrets of a pool", () => {
  let machine: Installation;
  let up: UpProcess;
  let reports: string;
  let key: string;
  beforeAll(async () => {
    machine = await anInstallation();
    reports = join(machine.directory, "reports");
    mkdirSync(reports);
    chmodSync(reports, 0o777);
    mkdirSync(join(machine.workDir, "secrets/grid"), { recursive: true });
    key = join(machine.workDir, "secrets/grid/tokencert.pem");
    writeFileSync(key, first, { mode: 0o600 });
    await machine.declare({ cellSecrets: [{ name: "grid" }] });
    up = machine.up();
  });
  afterAll(() => machine.close());

  /** Opens a pull request with the script as its test; returns the content of the script's file `$report`. */
  async function build(name: string, script: string, meanwhile?: () => void): Promise<string> {
    const report = join(reports, name);
    const lines = ["set -e", `report=${report}`, `touch ${report}.runs`, script, ""];
    const files = { ...greeting(`Hello, ${name}`), "test/secret.test": lines.join("\n") };
    const { number } = await machine.propose(name, files);
    if (meanwhile !== undefined) {
      await expect.poll(() => existsSync(`${report}.runs`), { timeout: 180_000 }).toBe(true);
      meanwhile();
    }
    await up.line(new RegExp(`#${number}: GitHub shows (success|error)`), 180_000);
    return readFileSync(report, "utf8").trim();
  }

  it("are reported at the start as readable by every pull request's code", async () => {
    await up.line(/hello: the code of every pull request that is built can read .*secrets\/grid \(spec\.cellSecrets\)/);
  });

  it("are files in the folder passed to aliBuild, and appear in no environment, command line, log or object", async () => {
    const words = '-q -f "$BUILDERPOOL_SECRETS/grid/tokencert.pem"';
    const script = [
      'cat "$BUILDERPOOL_SECRETS/grid/tokencert.pem" > "$report"',
      `if env | grep ${words}; then echo " environment" >> "$report"; fi`,
      `if cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep ${words}; then echo " command line" >> "$report"; fi`,
    ];
    expect(await build("read", script.join("\n"))).toBe(first);
    const kept = ["--exclude-dir=secrets", "--exclude-dir=base-secrets"];
    const { stdout } = await execa("grep", ["-rlaF", first, machine.workDir, ...kept], { reject: false });
    expect(stdout).toBe("");
    const [made] = await machine.get<"Build">("builds");
    const page = await (await fetch(made?.status?.verdict?.log?.url ?? "")).text();
    expect(page).toContain(`-e BUILDERPOOL_SECRETS=${machine.workDir}/builders/hello-0/secrets`);
    expect(page + JSON.stringify(made) + up.output()).not.toContain(first);
  });

  it("follow changes of their files during a build", async () => {
    const wait = `until grep -q tomorrow "$BUILDERPOOL_SECRETS/grid/tokencert.pem"; do sleep 0.2; done`;
    const script = `${wait}; cat "$BUILDERPOOL_SECRETS/grid/tokencert.pem" > "$report"`;
    expect(await build("follow", script, () => writeFileSync(key, second, { mode: 0o600 }))).toBe(second);
  });

  it("are removed when the pool no longer lists them", async () => {
    await machine.declare();
    await up.line(/hello-0: drained/);
    expect(await build("gone", 'echo "[$BUILDERPOOL_SECRETS]" > "$report"')).toBe("[]");
    for (const folder of ["secrets", "base-secrets"])
      expect(existsSync(join(machine.workDir, "builders/hello-0", folder))).toBe(false);
  });

  it("are refused before the start when they are the credential of a pool", async () => {
    const { apiUrl, gitUrl } = machine.github;
    up.kill("SIGTERM");
    await up.ended;
    await machine.declare({ cellSecrets: [{ name: "bot" }], github: { apiUrl, gitUrl, secretRef: { name: "bot" } } });
    expect(await machine.up().ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(
        "pool hello: spec.cellSecrets names bot, which is the credential of pool hello (spec.github.secretRef): builds could read it",
      ),
    });
  });
});
