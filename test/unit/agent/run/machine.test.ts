import { describe, expect, it } from "vitest";
import { machineHash, uuidIn } from "../../../../src/agent/run/machine.ts";

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

  it.runIf(process.platform === "linux")("differs between two hosts of one machine", async () => {
    const [one, other] = [await machineHash("mac1"), await machineHash("mac2")];
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(other).not.toBe(one);
  });
});
