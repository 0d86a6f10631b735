import { describe, expect, it } from "vitest";
import { HostName } from "../../../src/api/values/hostName.ts";

describe("a host name", () => {
  it("is of lower-case letters, digits and dashes, and begins with a letter", () => {
    for (const name of ["m", "alibuildmac01", "mac-1a", "a--b", "mac-01-x86", "a".repeat(50)])
      expect(HostName.safeParse(name).success, name).toBe(true);
    for (const name of ["", "1mac", "Mac", "mac_1", "mac.cern.ch", "mac-", "-mac", "../mac", "m c", "a".repeat(51)])
      expect(HostName.safeParse(name).success, name).toBe(false);
  });

  it("is not the name of the operator's own Lease", () => {
    expect(HostName.safeParse("builderpool").success).toBe(false);
  });

  it("does not end like the name of a pod", () => {
    for (const name of ["o2-0", "mac-01", "a-b-12", "a--1"]) expect(HostName.safeParse(name).success, name).toBe(false);
  });
});
