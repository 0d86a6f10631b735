import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anInstallation, greeting, type Installation, type UpProcess } from "../../support/up/installation.ts";

const token = "ghp_TheGitTokenNobodyMaySee";

describe("a pool with a private repository", () => {
  let machine: Installation;
  let up: UpProcess;
  beforeAll(async () => {
    machine = await anInstallation();
    machine.github.gitAccess.password = token;
    mkdirSync(join(machine.workDir, "secrets/git"), { recursive: true });
    const { apiUrl, gitUrl } = machine.github;
    await machine.declare({
      warmup: { builds: "All" },
      github: { apiUrl, gitUrl, pollInterval: "1s", gitSecretRef: { name: "git" } },
    });
    up = machine.up();
  });
  afterAll(() => machine.close());

  it("names the missing file, and waits for it", async () => {
    await up.line(/The git credential needs the file token in .*secrets\/git/);
    writeFileSync(join(machine.workDir, "secrets/git/token"), token, { mode: 0o600 });
    await up.line(/hello-0: ready/, 180_000);
  });

  it("is built with the credential of gitSecretRef", async () => {
    const { number, commit } = await machine.propose("Private", greeting("Hello, private"));
    await up.line(new RegExp(`#${number}: GitHub shows success`), 180_000);
    expect(machine.statuses(commit).at(-1)).toMatch(/^success/);
  });

  it("leaves its credential in no file, object, page and line", async () => {
    const { stdout } = await execa("grep", ["-rlaF", token, machine.workDir, "--exclude-dir=secrets"], {
      reject: false,
    });
    expect(stdout).toBe("");
    for (const kind of ["pools", "builders", "builds"] as const)
      expect(JSON.stringify(await machine.get(kind))).not.toContain(token);
    expect(up.output()).not.toContain(token);
    expect(JSON.stringify(machine.github.state.records.repositories)).not.toContain(token);
  });
});
