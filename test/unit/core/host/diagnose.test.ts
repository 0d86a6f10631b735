import { describe, expect, it } from "vitest";
import { diagnoseHost, type HostFacts } from "../../../../src/core/host/diagnose.ts";

const good: HostFacts = {
  name: "mac1",
  node: "24.1.0 (/opt/homebrew/opt/node@24/bin/node)",
  credentialDays: 29.5,
  service: "running",
  folder: { path: "/build/o2", volume: "Case-sensitive APFS", isCaseSensitive: true, keepsOwners: true },
  hasMachineId: true,
  fleeing: { wasFound: true, left: 0 },
  programs: [{ name: "git", version: "git version 2.47.0" }],
  python: "/usr/bin/python3",
  compiler: "Apple clang version 16.0.0",
  dropped: [],
  addresses: [{ address: "https://cluster.test/version" }],
  clockAhead: 400,
  mac: { power: { sleep: 0, autorestart: true }, isFileVaultOn: false, isRootFolderKept: true },
};

describe("the doctor of a host", () => {
  it("finds nothing on a good Mac", () => {
    expect(diagnoseHost(good).filter(({ level }) => level !== "ok")).toEqual([]);
  });

  it.each<[Partial<HostFacts>, string, RegExp, RegExp]>([
    [{ credentialDays: undefined }, "fail", /no credential/, /join mac1 --again/],
    [{ credentialDays: -1 }, "fail", /credential of this host is over/, /join mac1 --again/],
    [{ service: undefined }, "warn", /no service starts agent mac1/, /without --no-install/],
    [{ service: "inactive" }, "warn", /the service is inactive/, /mac1\.log/],
    [{ service: "not running" }, "warn", /the service is not running/, /mac1\.log/],
    [{ folder: { ...good.folder, keepsOwners: false } }, "fail", /ignores the owners/, /enableOwnership/],
    [{ folder: { ...good.folder, trouble: "ENOENT" } }, "fail", /\/build\/o2 .*: ENOENT/, /mount the disk/],
    [{ hasMachineId: false }, "warn", /no id/, /machine-id/],
    [{ fleeing: { wasFound: true, left: 2 } }, "fail", /2 processes of the build user survive/, /restart this machine/],
    [{ fleeing: undefined }, "warn", /not tried, because the agent runs/, /stop the service/],
    [{ compiler: undefined }, "fail", /finds no compiler/, /xcode-select --install/],
    [{ programs: [{ name: "git", version: "git version 2.30.1" }] }, "fail", /git 2\.30 is too old/, /newer git/],
    [{ addresses: [{ address: "https://logs.test", trouble: "refused" }] }, "fail", /logs\.test: refused/, /firewall/],
    [{ clockAhead: 3_600_000 }, "fail", /60 min ahead of the cluster/, /set the clock/],
  ])("says what to do about %j", (facts, level, message, todo) => {
    expect(diagnoseHost({ ...good, ...facts }).filter((finding) => finding.level !== "ok")).toEqual([
      { level, about: expect.any(String), message: expect.stringMatching(message), todo: expect.stringMatching(todo) },
    ]);
  });

  it("names each command for the power of a Mac", () => {
    const power = { sleep: 10, autorestart: false };
    const mac = { power, isFileVaultOn: true, isRootFolderKept: false };
    const findings = diagnoseHost({ ...good, mac }).filter(({ level }) => level !== "ok");
    expect(findings.map(({ todo }) => todo)).toEqual([
      "sudo pmset -a sleep 0",
      "sudo pmset -a autorestart 1",
      "sudo fdesetup disable",
      "docs/hosts.md shows the line",
    ]);
  });
});
