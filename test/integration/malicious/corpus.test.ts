import { describe } from "vitest";
import { localModes } from "../../malicious/attack.ts";
import { aMachine } from "../../malicious/places/machine.ts";
import { tryAttacks } from "../../malicious/suite.ts";

describe.skipIf(process.platform !== "linux" || process.getuid?.() !== 0)("a malicious pull request", () => {
  tryAttacks({
    ...{ modes: localModes, sample: 12, most: 6, width: 2, target: "malicious" },
    open: (mode) => (volume) => aMachine(mode, volume),
  });
});
