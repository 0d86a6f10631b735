import { describe, expect, it } from "vitest";
import { hostAccountOf, readHostAccount } from "../../../../../src/core/pool/host/account.ts";

describe("the account of a host", () => {
  it("has the name of the host and of its pool", () => {
    expect(hostAccountOf("mac01", "o2")).toBe("mac01.o2.host");
    expect(readHostAccount("mac01.o2.host")).toEqual({ host: "mac01", pool: "o2" });
  });

  it("is not any other account", () => {
    for (const name of [
      "o2-builder",
      "mac01.host",
      "a.b.c.host",
      ".o2.host",
      "mac01..host",
      "mac01.o2.hosts",
      "",
      "host",
    ])
      expect(readHostAccount(name), name).toBeUndefined();
  });
});
