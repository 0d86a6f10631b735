import { describe, expect, it } from "vitest";
import {
  isFileVaultOn,
  isSynthetic,
  powerSettingsIn,
  serviceStateIn,
  volumeIn,
} from "../../../../src/core/host/darwin.ts";

const desktop = `AC Power:
 Sleep On Power Button 1
 autorestart          1
 powernap             1
 standby              0
 displaysleep         10
 womp                 1
 sleep                0
 tcpkeepalive         1
 disksleep            10
`;
const laptop = `Battery Power:
 lessbright           1
 displaysleep         2
 sleep                1
AC Power:
 displaysleep         10
 sleep                10
`;
const launchctl = `system/ch.cern.alice.builderpool.mac1 = {
\tactive count = 1
\tpath = /Library/LaunchDaemons/ch.cern.alice.builderpool.mac1.plist
\ttype = LaunchDaemon
\tstate = running

\tprogram = /usr/local/lib/builderpool/mac1/start
\tpid = 423
}
`;
const diskutil = `   Device Identifier:         disk3s7
   Volume Name:               build
   File System Personality:   Case-sensitive APFS
   Type (Bundle):             apfs
`;

describe("the answers of macOS", () => {
  it("tell when a Mac sleeps, by the shortest time of all power sources", () => {
    expect(powerSettingsIn(desktop)).toEqual({ sleep: 0, autorestart: true });
    expect(powerSettingsIn(laptop)).toEqual({ sleep: 1, autorestart: undefined });
    expect(powerSettingsIn("")).toEqual({ sleep: undefined, autorestart: undefined });
  });

  it("tell whether FileVault is on", () => {
    expect(isFileVaultOn("FileVault is Off.\n")).toBe(false);
    expect(isFileVaultOn("FileVault is On.\n")).toBe(true);
    expect(isFileVaultOn("Error: not supported\n")).toBeUndefined();
  });

  it("tell the state of a service", () => {
    expect(serviceStateIn(launchctl)).toBe("running");
    expect(serviceStateIn('Could not find service "x" in domain for system\n')).toBeUndefined();
  });

  it("tell the kind of a volume", () => {
    expect(volumeIn(diskutil)).toBe("Case-sensitive APFS");
    expect(volumeIn("Could not find disk: /nowhere\n")).toBeUndefined();
  });

  it("tell which folders synthetic.conf creates", () => {
    expect(isSynthetic("# comment\nbuild\n", "build")).toBe(true);
    expect(isSynthetic("buildx\tVolumes/x\n", "build")).toBe(false);
  });
});
