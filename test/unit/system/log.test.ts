import { describe, expect, it } from "vitest";
import { createLog } from "../../../src/system/log.ts";

describe.runIf(process.platform === "linux")("the log", () => {
  it("does not throw on a full disk", () => {
    const log = createLog({ level: "info", destination: "/dev/full" });
    expect(() => {
      for (let line = 0; line < 3_000; line += 1) log.warn({ text: "x".repeat(1000) }, "a dropped line");
    }).not.toThrow();
  });
});
