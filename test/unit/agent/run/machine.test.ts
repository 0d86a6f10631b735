import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { machineHash, machineId, uuidIn } from "../../../../src/agent/run/machine.ts";

const ioreg = `+-o J413AP  <class IOPlatformExpertDevice, id 0x100000222, registered, matched, active, busy 0 (2 ms), retain 41>
    {
      "manufacturer" = <"Apple Inc.">
      "IOPlatformUUID" = "0B1E5E6A-7D6F-5B4C-9A3D-1F2E3D4C5B6A"
      "IOPlatformSerialNumber" = "C02XXXXXXXXX"
      "model" = <"Mac14,2">
    }
`;

describe("the hash of a machine", () => {
  it("reads the hardware id of a Mac", () => {
    expect(uuidIn(ioreg)).toBe("0B1E5E6A-7D6F-5B4C-9A3D-1F2E3D4C5B6A");
    expect(uuidIn("")).toBeUndefined();
  });

  it("differs on another board with a copy of the disk, and is unknown without any id", async () => {
    const folder = mkdtempSync(join(tmpdir(), "builderpool-ids-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const [disk, one, other] = [file("machine-id", "d1\n"), file("board-1", "b1\n"), file("board-2", "b2\n")];
    expect([await machineId([disk, one]), await machineId([disk, other])]).toEqual(["d1 b1", "d1 b2"]);
    expect(await machineId([disk, join(folder, "no-board")])).toBe("d1");
    expect(await machineId([join(folder, "no-board")])).toBeUndefined();
  });

  it.runIf(process.platform === "linux")("differs between two hosts of one machine", async () => {
    const [one, other] = [await machineHash("mac1"), await machineHash("mac2")];
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(other).not.toBe(one);
  });
});
