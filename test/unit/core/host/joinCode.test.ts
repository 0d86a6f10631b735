import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JoinCode, readJoinCode, writeJoinCode } from "../../../../src/core/host/joinCode.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const code: JoinCode = {
  server: "https://cluster.example.org:6443",
  authority: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
  namespace: "ci",
  pool: "mac",
  name: "alibuildmac01",
  token: "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
  expiresAt: "2026-03-01T12:15:00Z",
};
const line = writeJoinCode(code);
const refusalOf = (text: string, name?: string, at = now) => {
  const reading = readJoinCode(text, at, name);
  return "refusal" in reading ? reading.refusal : undefined;
};

describe("a join code", () => {
  it("is one line of characters that no shell changes, with a checksum of 8 digits", () => {
    expect(line).toMatch(/^builderpool\.[A-Za-z0-9_-]+\.[0-9a-f]{8}$/);
  });

  it("returns its content, with any white space around and in the line", () => {
    expect(readJoinCode(line, now)).toEqual({ code });
    expect(readJoinCode(`\n ${line.replace(/.{76}/g, "$&\r\n")} \n`, now, code.name)).toEqual({ code });
    expect(readJoinCode(writeJoinCode({ ...code, authority: "" }), now)).toEqual({ code: { ...code, authority: "" } });
  });

  it("is refused when nothing was typed", () => {
    for (const text of ["", " \n"])
      expect(refusalOf(text, "mac02")).toBe(
        "Expected a join code, found nothing: type the output of `builderpool join mac02 -n NAMESPACE`",
      );
  });

  it("is refused when it is something else", () => {
    for (const text of ["token", code.token, "-----BEGIN CERTIFICATE-----", "builderpools.e30.00000000"])
      expect(refusalOf(text)).toBe(
        "This is not a join code: expected the one line that `builderpool join NAME -n NAMESPACE` prints",
      );
  });

  it("is refused when it is cut, at any character", () => {
    for (let end = 1; end < line.length; end += 1)
      expect(refusalOf(line.slice(0, end)), `${end}`).toBe(
        "The join code is cut or changed: copy the whole line again, it ends with a dot and 8 characters",
      );
  });

  it("is refused when one character is another, or a second line follows", () => {
    const characters = fc.constantFrom(..."abcXYZ019-_.");
    fc.assert(
      fc.property(fc.nat(line.length - 1), characters, (at, character) => {
        fc.pre(line[at] !== character);
        expect(refusalOf(line.slice(0, at) + character + line.slice(at + 1))).toBeDefined();
      }),
    );
    expect(refusalOf(`${line}\n${line}`)).toContain("cut or changed");
  });

  it("is refused from the second of its end, and names both clocks", () => {
    expect(refusalOf(line, undefined, now + 15 * 60_000 - 1)).toBeUndefined();
    expect(refusalOf(line, undefined, now + 15 * 60_000)).toBe(
      'The join code for "alibuildmac01" expired at 2026-03-01T12:15:00Z, and the clock of this machine says 2026-03-01T12:15:00.000Z: correct the clock, or run `builderpool join alibuildmac01 -n ci` again',
    );
  });

  it("is refused for a host of another name", () => {
    expect(refusalOf(line, "alibuildmac02")).toBe(
      'The join code is for "alibuildmac01", not for "alibuildmac02": run `builderpool join alibuildmac02 -n ci`',
    );
  });

  it("is refused when its content is of another form, by the name of the field and without its value", () => {
    const forged = (change: object) => {
      const content = Buffer.from(JSON.stringify({ ...code, ...change })).toString("base64url");
      return `builderpool.${content}.${hash("sha256", content, "hex").slice(0, 8)}`;
    };
    const refusal = (field: string) =>
      `The join code does not have the expected ${field}: use the same version of builderpool on both machines`;
    expect(forged({})).toBe(line);
    expect(refusalOf(forged({ token: "a\nb" }))).toBe(refusal("token"));
    expect(refusalOf(forged({ name: "../../etc" }))).toBe(refusal("name"));
    expect(refusalOf(forged({ pool: undefined }))).toBe(refusal("pool"));
    expect(refusalOf(`builderpool.bm90IEpTT04.${hash("sha256", "bm90IEpTT04", "hex").slice(0, 8)}`)).toBe(
      refusal("content"),
    );
  });

  it("cannot be written with a name that is a path, a server of the open Internet without TLS, or an empty token", () => {
    for (const change of [{ name: "../mac" }, { name: "mac-0" }, { server: "http://example.org" }, { token: "" }])
      expect(() => writeJoinCode({ ...code, ...change })).toThrow();
  });
});
