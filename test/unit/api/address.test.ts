import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Address, GitAddress, RemoteStore } from "../../../src/api/values/address.ts";

const accepts = (type: typeof Address, text: string) => type.safeParse(text).success;
const messageOf = (type: typeof Address, text: string) => type.safeParse(text).error?.issues[0]?.message ?? "";

const inside = [
  "http://127.0.0.1:8080",
  "http://localhost/git",
  "http://[::1]:80/",
  "http://github:80/api/v3",
  "http://github.ci.svc/x",
  "http://github.ci.svc.cluster.local:8080",
  "http://10.200.0.1:4000/git",
  "http://172.18.0.1",
  "http://192.168.1.1",
  "http://[fd00::1]",
  "http://ghe.intern.test/api/v3",
  "http://ghe.internal",
  "http://ghe.site.local:8080",
  "http://ghe.lan",
  "http://ghe.home.arpa",
  "http://ghe.intranet",
  "http://ghe.corp",
  "http://a.localhost",
];
const outside = [
  "http://api.github.com",
  "http://8.8.8.8",
  "http://134744072",
  "http://0x8080808",
  "http://010.0.0.1",
  "http://172.32.0.1",
  "http://10.0.0.1.evil.org",
  "http://localhost.evil.org",
  "http://x.svc.evil.org",
  "http://x.internal.evil.org",
  "http://x.latest",
  "http://home.arpa.org",
  "http://x.arpa",
  "http://ghe.cern.ch",
  "http://127.0.0.1@evil.org",
  "http://127.0.0.1:80@evil.org",
  "http://127.0.0.1\\@evil.org",
  "https://token@github.com",
  "https://x:ghp_secret@github.com/a",
  "https://github.com\\@evil.org/",
  "https://github.com/x?token=1",
  "https://github.com/#x",
  "https://github.com/a b",
  "https://github.com/\n",
  "https://",
  "https:///x",
  "ftp://github.com",
  "github.com",
  "javascript:alert(1)",
  "",
];

describe("the address of a server", () => {
  it.each(["https://api.github.com", "https://ghe.example.org:8443/api/v3/", "https://[2001:db8::1]/", ...inside])(
    "may be %s",
    (text) => {
      expect([accepts(Address, text), accepts(GitAddress, text), accepts(RemoteStore, text)]).toEqual([
        true,
        true,
        true,
      ]);
    },
  );

  it.each(outside)("may not be %j", (text) => {
    expect([accepts(Address, text), accepts(GitAddress, text)]).toEqual([false, false]);
  });

  it("may be a folder only for git", () => {
    expect([accepts(GitAddress, "file:///srv/git"), accepts(Address, "file:///srv/git")]).toEqual([true, false]);
    expect(accepts(GitAddress, "file://host/git")).toBe(false);
  });

  it("has the same host for every program, and never a user or plain text over a network", () => {
    const piece = fc.constantFrom(
      "http",
      "https",
      "://",
      "@",
      ":",
      "/",
      "\\",
      "127.0.0.1",
      "evil.org",
      "x",
      "svc",
      ".",
      "80",
      "[",
      "]",
      "#",
      "?",
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 2, maxLength: 9 }), (pieces) => {
        const text = pieces.join("");
        if (!accepts(Address, text)) return;
        const url = new URL(text);
        expect([url.username, url.password, url.search, url.hash]).toEqual(["", "", "", ""]);
        expect(text.slice(text.indexOf("://") + 3).startsWith(url.hostname)).toBe(true);
        if (url.protocol === "http:") expect(url.hostname).toMatch(/^127\.|^[^.]+$|\.svc$/);
      }),
      { numRuns: 20_000 },
    );
  });

  it("is shown in the message without user name and password", () => {
    expect(messageOf(GitAddress, "https://x:ghp_secret@github.com/a")).toBe(
      'expected an address with https, or http on this machine, inside the cluster or in a private zone such as .internal, without a user name or password, or file:///path, found "https://***@github.com/a"',
    );
    for (const text of ["https://x:gh/p_secret@github.com", "ghp_secret@github.com", "https://u:ghp_secret@h@x"])
      for (const type of [Address, GitAddress, RemoteStore]) expect(messageOf(type, text)).not.toContain("p_secret");
  });
});

describe("a store of tarballs", () => {
  it.each([
    "",
    "https://s3.cern.ch/swift/v1/alibuild-repo",
    "https://s3.cern.ch/swift/v1/alibuild-repo::rw",
    "s3://alibuild-repo::rw",
    "b3://alibuild-repo",
    "cvmfs://alice.cern.ch",
    "rsync://repo.cern.ch/store/::rw",
    "repo.cern.ch:/build/store",
    "ali@repo.cern.ch:/build/store::rw",
    "/build/store",
    "store with blanks",
  ])("may be %j", (text) => {
    expect(accepts(RemoteStore, text)).toBe(true);
  });

  it.each([
    "http://s3.cern.ch/x",
    "https://user:password@s3.cern.ch/x",
    "s3://key:secret@bucket",
    "user:password@host:/x",
    "ftp://host/x",
    "file:///x",
    "--debug",
    "-x",
    "a\nb",
  ])("may not be %j", (text) => {
    expect(accepts(RemoteStore, text)).toBe(false);
  });
});
