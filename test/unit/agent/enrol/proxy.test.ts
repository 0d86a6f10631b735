import { describe, expect, it } from "vitest";
import { proxyIn } from "../../../../src/agent/state/proxy.ts";

describe("the proxy of a host", () => {
  it.each([
    [{}, undefined],
    [{ NO_PROXY: "localhost" }, undefined],
    [{ HTTPS_PROXY: "" }, {}],
    [{ HTTPS_PROXY: "http://proxy:3128" }, { HTTPS_PROXY: "http://proxy:3128" }],
    [
      { https_proxy: "proxy:3128", HTTPS_PROXY: "http://other", no_proxy: ".cern.ch" },
      { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".cern.ch" },
    ],
  ])("is read from %j", (env, proxy) => {
    expect(proxyIn(env)).toEqual(proxy);
  });

  it.each(["socks5://u:secret@proxy:1080", "http://u:secret@ proxy"])(
    "is refused as %s, without its password",
    (value) => {
      expect(() => proxyIn({ HTTPS_PROXY: value })).toThrow(
        /^HTTPS_PROXY is no address of an HTTP proxy: expected one such as http:\/\/proxy\.example\.org:3128; correct the variable/,
      );
      expect(() => proxyIn({ HTTPS_PROXY: value })).not.toThrow(/secret/);
    },
  );
});
