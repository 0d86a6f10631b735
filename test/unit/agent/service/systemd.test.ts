import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { unitNameOf, unitOf } from "../../../../src/agent/service/systemd.ts";
import { aServiceWish } from "../../../support/host/service.ts";

describe("the unit of an agent", () => {
  it.runIf(existsSync("/usr/bin/systemd-analyze"))("is accepted by systemd-analyze", async () => {
    const root = mkdtempSync(join(tmpdir(), "unit-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const start = join(root, "start");
    writeFileSync(start, "#!/bin/sh\n");
    chmodSync(start, 0o755);
    const file = join(root, unitNameOf("mac1"));
    writeFileSync(file, unitOf(aServiceWish({ start, root })));
    const { exitCode, stderr } = await execa("systemd-analyze", ["verify", "--man=no", file], { reject: false });
    expect({ exitCode, stderr: stderr.split("\n").filter((line) => line.includes(unitNameOf("mac1"))) }).toEqual({
      exitCode: 0,
      stderr: [],
    });
  });

  it("lets the agent write its work folder, wherever it is, and waits for its disk", () => {
    const lines = unitOf(aServiceWish({ workDir: "/home/build/o2" })).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "RequiresMountsFor=/home/build/o2",
        "ProtectHome=read-only",
        "ReadWritePaths=/usr/local/lib/builderpool/mac1 -/home/build/o2",
      ]),
    );
    expect(lines).not.toContain("PrivateTmp=yes"); // It would hide a work folder below /tmp.
  });

  it("starts the agent again after each exit, except a usage error", () => {
    const lines = unitOf(aServiceWish()).split("\n");
    expect(lines).toEqual(expect.arrayContaining(["Restart=always", "RestartPreventExitStatus=2"]));
  });
});
