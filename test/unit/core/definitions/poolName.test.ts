import { describe, expect, it } from "vitest";
import { longestPoolName } from "../../../../src/api/values/poolName.ts";
import { poolNameOf } from "../../../../src/core/definitions/env/tree.ts";
import { parsePool } from "../../../../src/core/definitions/parse.ts";
import { refusalOf } from "../../../../src/core/pool/manifest/refusal.ts";

const document = (name: string) => ({
  apiVersion: "ci.alice.cern.ch/v1alpha1",
  kind: "BuilderPool",
  metadata: { name },
  spec: { package: "O2", repository: "AliceO2Group/AliceO2", image: "builds", architecture: "slc9_x86-64" },
});

/** Messages about the name from a pool file, and from a cluster. */
function messagesFor(name: string) {
  const { pool, problems } = parsePool(document(name));
  return { file: problems.map(({ message }) => message), cluster: pool && refusalOf(pool) };
}

const longest = "a".repeat(longestPoolName);

describe("the name of a pool", () => {
  it.each(["o", "o2-slc9", longest])("%s is accepted in a file and in a cluster", (name) => {
    expect(messagesFor(name)).toEqual({ file: [], cluster: undefined });
  });

  it.each([`${longest}a`, "2o", "o2."])("%s is refused in a file and in a cluster", (name) => {
    const expected = /expected (a pool name of at most 50 lower-case letters|a name of lower-case letters)/;
    const { file, cluster } = messagesFor(name);
    expect(file).toEqual([expect.stringMatching(expected)]);
    if (cluster !== undefined) expect(cluster).toMatch(expected);
  });

  it("has one limit in plan -f and in a cluster", () => {
    const { file, cluster } = messagesFor(`${longest}a`);
    expect(cluster).toContain(file[0]);
  });

  it("from a long directory is cut to the limit and stays unique", () => {
    const path = `role/${"b".repeat(longestPoolName)}`;
    const first = poolNameOf(path, new Set());
    const second = poolNameOf(path, new Set([first]));
    expect(first).toHaveLength(longestPoolName);
    expect(second).toMatch(/^role-b+-2$/);
    expect(messagesFor(second)).toEqual({ file: [], cluster: undefined });
  });
});
