import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BuilderPool } from "../../../src/api/objects/pool.ts";
import { parsePool } from "../../../src/core/definitions/parse.ts";
import { createLocalCredential } from "../../../src/local/credential.ts";

function aPool(github: object): BuilderPool {
  const spec = { package: "hello", repository: "alice/hello", github };
  const { pool } = parsePool({
    apiVersion: "ci.alice.cern.ch/v1alpha1",
    kind: "BuilderPool",
    metadata: { name: "p" },
    spec,
  });
  if (pool === undefined) throw new Error("no pool");
  return pool;
}

describe("the credential of a pool on one machine", () => {
  let workDir = "";
  beforeEach(() => {
    workDir = mkdtempSync(join(tmpdir(), "credential-"));
  });
  afterEach(() => rmSync(workDir, { recursive: true }));

  function keep(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(workDir, "secrets", path)), { recursive: true });
      writeFileSync(join(workDir, "secrets", path), text);
    }
  }
  const named = aPool({ secretRef: { name: "bot" } });

  it("is the token of `up` when the pool has no secretRef, and none without a token", () => {
    expect(createLocalCredential(aPool({}), workDir, "t")).toEqual({ token: "t" });
    expect(createLocalCredential(aPool({}), workDir, undefined)).toBe("none");
  });

  it("is the token of the referenced Secret without its final newline", () => {
    keep({ "bot/token": "secret\n", "other/token": "no" });
    expect(createLocalCredential(named, workDir, "t")).toEqual({ token: "secret" });
  });

  it("is an App installation when the Secret has all three keys", () => {
    const app = { appId: "1", installationId: "2", privateKey: "-----BEGIN-----" };
    keep({ "bot/appId": "1\n", "bot/installationId": "2\n" });
    expect(createLocalCredential(named, workDir, undefined)).toBe("none");
    keep({ "bot/privateKey": "-----BEGIN-----\n" });
    expect(createLocalCredential(named, workDir, undefined)).toEqual(app);
  });

  it("is never the token of `up` when the referenced Secret is missing", () => {
    expect(createLocalCredential(named, workDir, "t")).toBe("none");
  });
});
