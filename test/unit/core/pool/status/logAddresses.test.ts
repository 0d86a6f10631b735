import { describe, expect, it } from "vitest";
import { apiVersion } from "../../../../../src/api/objects/group.ts";
import { BuilderPool } from "../../../../../src/api/objects/pool.ts";
import { hostLogsOf, logAddressesOf } from "../../../../../src/core/pool/status/logAddresses.ts";

const s3 = { endpoint: "https://s3.example.org//", bucket: "logs", secretRef: { name: "bucket" } };

function aPool(logs: object, logAddresses?: readonly string[], external?: object): BuilderPool {
  return BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { name: "o2" },
    spec: { package: "O2", logs, ...(external && { external }) },
    ...(logAddresses && { status: { logAddresses } }),
  });
}

describe("the log service for hosts", () => {
  const environment = { logsUrl: "https://logs.example.org/", logsAudience: "builderpool-logs" };
  const external = { names: ["mac01"] };

  it("has its public address and the audience of its tokens", () => {
    expect(hostLogsOf(aPool({}, [], external), environment)).toEqual({
      hostLogs: { url: "https://logs.example.org", audience: "builderpool-logs" },
    });
  });

  it("is absent without hosts, with a bucket, and on one machine", () => {
    expect(hostLogsOf(aPool({}), environment)).toEqual({});
    expect(hostLogsOf(aPool({ s3 }, [], external), environment)).toEqual({});
    expect(hostLogsOf(aPool({}, [], external), { isMachine: true })).toEqual({});
  });
});

describe("the log addresses of a pool", () => {
  it.each([
    ["the log service", {}, "https://logs.example.org"],
    ["the log service, whatever the address of pages on one machine", { url: "https://x" }, "https://logs.example.org"],
    ["a bucket", { s3 }, "https://s3.example.org/logs"],
    ["a folder of a bucket", { s3: { ...s3, prefix: "ci/o2" } }, "https://s3.example.org/logs/ci/o2"],
    ["a public address of a bucket", { s3, url: "https://pages.example.org/" }, "https://pages.example.org"],
  ])("begin with %s", (_what, logs, address) => {
    expect(logAddressesOf(aPool(logs), "https://logs.example.org/")).toEqual([address]);
  });

  it("keep three earlier addresses, each once", () => {
    const pool = aPool({}, ["https://a", "https://logs.example.org", "https://b", "https://c", "https://d"]);
    expect(logAddressesOf(pool, "https://logs.example.org")).toEqual([
      "https://logs.example.org",
      "https://a",
      "https://b",
      "https://c",
    ]);
  });
});
