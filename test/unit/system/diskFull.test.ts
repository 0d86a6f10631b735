import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { isDiskFull } from "../../../src/system/diskFull.ts";

function systemError(fields: { readonly code: string; readonly errno: number }): Error {
  return Object.assign(new Error(`${fields.code}: write`), fields);
}

describe("a full disk", () => {
  it.each([
    { code: "ENOSPC", errno: -constants.errno.ENOSPC, full: true },
    { code: `Unknown system error -${constants.errno.EDQUOT}`, errno: -constants.errno.EDQUOT, full: true },
    { code: "EACCES", errno: -constants.errno.EACCES, full: false },
  ])("is recognised from the error $code: $full", ({ full, ...fields }) => {
    expect(isDiskFull(systemError(fields))).toBe(full);
  });

  it("is not recognised from other values", () => {
    expect([undefined, "ENOSPC", new Error("ENOSPC")].map(isDiskFull)).toEqual([false, false, false]);
  });
});
