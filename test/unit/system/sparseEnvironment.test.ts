import { describe, expect, it } from "vitest";
import { droppedVariablesOf, sparseEnvironment } from "../../../src/system/sparseEnvironment.ts";

describe("the environment of git and builds", () => {
  it.each([
    "http://user:secret@proxy.example.org:3128",
    "user:secret@proxy.example.org:3128",
    "http://user@proxy.example.org",
  ])("leaves out %j, and names the variable without its value", (address) => {
    const env = { PATH: "/bin", HTTPS_PROXY: address, no_proxy: "localhost,.example.org", SSL_CERT_DIR: "/certs" };
    const [sentence = "", ...others] = droppedVariablesOf(env);

    expect(sparseEnvironment(env)).toEqual({
      PATH: "/bin",
      no_proxy: "localhost,example.org,.example.org",
      NO_PROXY: "localhost,example.org,.example.org",
      SSL_CERT_DIR: "/certs",
    });
    expect(others).toEqual([]);
    expect(sentence).toMatch(/^HTTPS_PROXY: the value has a user name or password/);
    expect(sentence).not.toContain("secret");
  });

  it("has nothing to say about addresses without a password", () => {
    expect(droppedVariablesOf({ https_proxy: "http://proxy.example.org:3128/a@b", OTHER: "a:b@c" })).toEqual([]);
  });
});
