import { describe, expect, it } from "vitest";
import { proxyFor, proxyForPrograms, proxyIn, unevenHostsOf } from "../../../src/system/proxy.ts";

const address = "http://proxy:3128";

describe("the proxy of a command", () => {
  it.each([
    [{}, undefined],
    [{ NO_PROXY: "localhost" }, undefined],
    [{ HTTPS_PROXY: "" }, {}],
    [{ HTTPS_PROXY: address }, { HTTPS_PROXY: address }],
    [
      { https_proxy: "proxy:3128", HTTPS_PROXY: "http://other", no_proxy: ".cern.ch" },
      { HTTPS_PROXY: address, NO_PROXY: "cern.ch,.cern.ch" },
    ],
    [{ http_proxy: "proxy:3128" }, { HTTP_PROXY: address, HTTPS_PROXY: address }],
    [{ http_proxy: "", HTTP_PROXY: address }, {}],
    [
      { HTTP_PROXY: address, HTTPS_PROXY: "HTTPS://tls", NO_PROXY: "*.a.test, b.test:8443 10.0.0.0/8,::1,[::1]:80,*" },
      {
        HTTP_PROXY: address,
        HTTPS_PROXY: "HTTPS://tls",
        NO_PROXY: "a.test,.a.test,b.test,.b.test,10.0.0.0/8,::1,[::1],*",
      },
    ],
  ])("is read from %j", (env, proxy) => {
    expect(proxyIn(env)).toEqual(proxy);
  });

  it.each(["socks5://u:secret@proxy:1080", "http://u:secret@ proxy", "u:secret@proxy:port", "http://", "a b"])(
    "is refused as %s, without its password",
    (value) => {
      for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) {
        expect(() => proxyIn({ [name]: value })).toThrow(
          `${name} is no address of an HTTP proxy: expected one such as http://proxy.example.org:3128; correct the variable`,
        );
        expect(() => proxyIn({ [name]: value })).not.toThrow(/secret/);
      }
    },
  );

  it("reaches git and builds in both letter cases, without a password", () => {
    expect(proxyForPrograms({ HTTP_PROXY: "proxy:3128", no_proxy: "*.a.test" })).toEqual({
      ...{ HTTP_PROXY: address, http_proxy: address, HTTPS_PROXY: address, https_proxy: address },
      ...{ NO_PROXY: "a.test,.a.test", no_proxy: "a.test,.a.test" },
    });
    expect(proxyForPrograms({ HTTP_PROXY: "u:p@proxy", https_proxy: address })).toEqual({
      ...{ HTTPS_PROXY: address, https_proxy: address },
    });
  });

  it.each([
    ["http://ghe.a.test/api", "http://plain:1"],
    ["https://ghe.b.test", "https://tls"],
    ["http://b.test:8443", undefined],
    ["http://x.b.test", undefined],
    ["http://xb.test", "http://plain:1"],
    ["http://A.intern", undefined],
    ["file:///srv", undefined],
  ])("on the way to %s is %s", (target, proxy) => {
    const env = { http_proxy: "u:p@plain:1", HTTPS_PROXY: "https://tls", no_proxy: "b.test:443,*.intern" };
    expect(proxyFor(target, { ...env, ...(target.startsWith("https") && { no_proxy: "" }) })).toBe(proxy);
    expect(proxyFor(target, { ...env, no_proxy: "*" })).toBeUndefined();
  });

  it("has a note about networks, which GitHub's client does not read", () => {
    expect(unevenHostsOf({ NO_PROXY: "10.0.0.0/8,.a.test" })).toEqual([
      "NO_PROXY: only git and builds read 10.0.0.0/8, and GitHub and logs are reached with the proxy; name each of their servers",
    ]);
    expect(unevenHostsOf({ no_proxy: ".a.test" })).toEqual([]);
  });
});
