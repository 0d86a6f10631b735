import { describe, expect, it } from "vitest";
import { Logs } from "../../../../src/api/objects/pool/logs.ts";
import { fieldsWithoutEffectOf } from "../../../../src/local/pools/withoutEffect.ts";
import { aPool } from "../../../support/objects/pool.ts";

describe("a pool on one machine", () => {
  it("gets a note for each field that needs a cluster", () => {
    expect(fieldsWithoutEffectOf(aPool({ image: "slc9", external: { names: ["mac"] } }))).toEqual([
      "o2: spec.external has no effect on one machine: outside hosts join pools of a cluster",
      "o2: spec.image has no effect on one machine: builds use the programs of this machine instead of a container",
    ]);
    expect(fieldsWithoutEffectOf(aPool({ cellSecrets: [{ name: "grid" }] }))).toEqual([]);
  });

  it("gets a note for an age of logs in a bucket", () => {
    const s3 = { endpoint: "https://s3.example.org", bucket: "logs", secretRef: { name: "s3" } };
    const notes = (logs: object) => fieldsWithoutEffectOf(aPool({ logs: Logs.parse(logs) }));
    expect(notes({ s3, keep: "1d" })).toEqual([
      "o2: spec.logs.keep has no effect with spec.logs.s3: set a lifecycle rule of the bucket",
    ]);
    expect([notes({ s3 }), notes({ keep: "1d" })]).toEqual([[], []]);
  });
});
