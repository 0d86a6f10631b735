import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anInstallation, type Installation } from "../../support/up/installation.ts";

describe.runIf(process.getuid?.() === 0)("`up` without root", () => {
  let machine: Installation;
  beforeAll(async () => {
    machine = await anInstallation();
  });
  afterAll(() => machine.close());

  /** Starts `up` as a user without rights, until no work is left. */
  async function startAsNobody(approvals: string) {
    await machine.declare({ trust: { approvals } });
    await execa("mkdir", ["-p", machine.workDir]);
    await execa("chown", ["-R", "65534:65534", machine.workDir, machine.poolFile]);
    return machine.upAs({ uid: 65534 }, "--until-idle").ended;
  }

  it("refuses a pool that needs isolated builds, with the next step", async () => {
    const { exitCode, stdout, stderr } = await startAsNobody("AnyCommit");
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain(
      "pool hello is refused: trust.approvals of check build/hello/o2 is AnyCommit, and builds are not isolated from each other here; set trust.approvals: Strict, or start `up` as root",
    );
  });

  it("accepts a pool with Strict, and says that builds are not isolated", async () => {
    const { exitCode, stdout } = await startAsNobody("Strict");
    expect(stdout).toContain("they are not isolated from each other, so pools need trust.approvals: Strict");
    expect(exitCode).toBe(0);
  });
});
