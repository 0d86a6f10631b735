import { describe, expect, it } from "vitest";
import { hasSent, ownersIn } from "../../../../src/system/process/killUser.ts";

describe("the sender of the signals", () => {
  it("has sent them when it ends by itself", () => {
    for (const platform of ["linux", "darwin"] as const) {
      expect(hasSent({ code: 0, signal: null }, platform)).toBe(true);
      expect(hasSent({ code: 1, signal: null }, platform)).toBe(true); // There was no other process.
      expect(hasSent({ code: null, signal: "SIGTERM" }, platform)).toBe(false);
      expect(hasSent({ code: null, signal: null }, platform)).toBe(false);
    }
  });

  it("kills itself with all others on macOS alone", () => {
    expect(hasSent({ code: null, signal: "SIGKILL" }, "darwin")).toBe(true);
    expect(hasSent({ code: null, signal: "SIGKILL" }, "linux")).toBe(false);
  });
});

describe("the answer of ps on macOS", () => {
  it("tells the users of all processes without zombies", () => {
    const output = `    1     0     0 Ss
  423   450     0 S
  424   450   450 R+
  425   450   450 Z
`;
    expect(ownersIn(output)).toEqual([
      { pid: 1, users: [0, 0] },
      { pid: 423, users: [450, 0] },
      { pid: 424, users: [450, 450] },
    ]);
    expect(ownersIn("")).toEqual([]);
  });
});
