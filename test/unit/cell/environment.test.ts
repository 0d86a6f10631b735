import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Order } from "../../../src/api/cell/order.ts";
import { cellEnvironmentOf, forPip, withTool } from "../../../src/cell/environment.ts";
import { helloCheck } from "../../support/cell/world.ts";

const order = Order.parse({
  id: "o1",
  cell: "base",
  task: "selftest",
  check: helloCheck,
  sources: [],
  paths: { area: "/a", tools: "/t", home: "/h", tmp: "/x" },
  limits: { logBytes: 1, maxAge: 1, minFree: 1 },
  gitUrl: "https://github.com",
  debug: false,
});

describe("the environment of a cell's commands", () => {
  it("takes only PATH and network settings from the cell's own environment", () => {
    const env = cellEnvironmentOf(order, {
      PATH: "/p",
      GITHUB_TOKEN: "t",
      HOME: "/root",
      SSL_CERT_FILE: "/c",
      PIP_X: "1",
    });

    expect(env).toMatchObject({ HOME: "/h", TMPDIR: "/x", PATH: "/p", SSL_CERT_FILE: "/c", BUILDERPOOL_CELL: "o1" });
    expect(Object.keys(env).filter((name) => /TOKEN|^PIP/.test(name))).toEqual([]);
  });

  it("omits a proxy with a password", () => {
    const env = cellEnvironmentOf(order, {
      https_proxy: "http://user:pass@proxy:3128",
      http_proxy: "http://proxy:3128",
    });

    expect(env["https_proxy"]).toBeUndefined();
    expect(env["http_proxy"]).toBe("http://proxy:3128");
  });

  it("has a default PATH", () => {
    expect(cellEnvironmentOf(order, {})["PATH"]).toMatch(/^\/usr\/local\/bin:\/usr\/bin:\/bin/);
  });

  it("has the tool's programs first in PATH, and pip's settings only for pip", () => {
    const env = cellEnvironmentOf(order, { PATH: "/p" });

    expect(withTool(env, "/t/alibuild-1")["PATH"]).toBe("/t/alibuild-1/programs:/p");
    expect(forPip(env, { PIP_CERT: "/c", OTHER: "1" })).toMatchObject({ PIP_CERT: "/c", PIP_NO_INPUT: "1" });
    expect(forPip(env, { OTHER: "1" })["OTHER"]).toBeUndefined();
  });

  it("configures git with an author, without hooks or transports that run programs", () => {
    const env = cellEnvironmentOf(order, { PATH: process.env["PATH"] });
    const git = (...args: string[]) => execFileSync("git", args, { env, cwd: "/", encoding: "utf8" }).trim();

    expect(git("var", "GIT_AUTHOR_IDENT")).toMatch(/^alibuild <alibuild@cern.ch>/);
    expect(git("config", "core.hooksPath")).toBe("/dev/null");
    expect(git("config", "safe.directory")).toBe("*");
    expect(() => execFileSync("git", ["ls-remote", "ext::echo x"], { env, cwd: "/", stdio: "pipe" })).toThrow(
      "transport 'ext' not allowed",
    );
  });
});
