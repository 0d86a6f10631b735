import { describe, expect, it } from "vitest";
import { readToken } from "../../../../src/core/host/token.ts";
import { aToken } from "../../../support/host/token.ts";

describe("the claims of a token", () => {
  it("are the account, its UID and the lifetime", () => {
    const text = aToken({ account: "mac1.o2.host", uid: "u1", issuedAt: 1e12, expiresAt: 2e12 });
    expect(readToken(`${text}\n`)).toEqual({
      namespace: "ci",
      account: "mac1.o2.host",
      uid: "u1",
      issuedAt: 1e12,
      expiresAt: 2e12,
    });
  });

  it.each(["", "a.b.c", "no token", `a.${Buffer.from("{}").toString("base64url")}.c`])("are absent in %j", (text) => {
    expect(readToken(text)).toBeUndefined();
  });
});
