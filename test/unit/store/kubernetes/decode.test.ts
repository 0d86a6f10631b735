import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../../../../src/store/kubernetes/client.ts";
import { createDecoder } from "../../../../src/store/kubernetes/decode.ts";
import { bodyOf } from "../../../../src/store/kubernetes/written.ts";
import { aBuild, aBuilder, aLease } from "../../../contract/objects.ts";
import { keptLog } from "../../../support/keptLog.ts";

function aDoor() {
  const log = keptLog();
  let counted = 0;
  const count = () => {
    counted += 1;
  };
  return { ...createDecoder({ log, count }), said: log.lines, counted: () => counted };
}

const stored = { namespace: "ci", uid: "u", resourceVersion: "5", creationTimestamp: "2026-01-01T00:00:00Z" };
const builder: KubernetesObject = { ...aBuilder("o2-0", { ...stored, generation: 3 }) };
const odd: KubernetesObject = { ...builder, spec: { pool: 7 } };

describe("an object of the API server", () => {
  it("keeps unknown metadata and loses managedFields", () => {
    const metadata = { ...builder.metadata, deletionGracePeriodSeconds: 0, managedFields: [{ manager: "kubectl" }] };

    expect(aDoor().decode("Builder", { ...builder, metadata })).toEqual({
      ...builder,
      metadata: { ...builder.metadata, deletionGracePeriodSeconds: 0 },
    });
  });

  it("has generation 0 when the server sets none", () => {
    expect(aDoor().decode("Lease", { ...aLease("o2-0", stored) })?.metadata.generation).toBe(0);
  });

  it("is omitted, counted and logged once per version when it does not fit its schema", () => {
    const door = aDoor();
    for (const version of ["5", "5", "6"])
      expect(
        door.decode("Builder", { ...odd, metadata: { ...odd.metadata, resourceVersion: version } }),
      ).toBeUndefined();

    expect(door.counted()).toBe(2);
    expect(door.said).toHaveLength(2);
    expect(door.said[0]).toMatchObject({
      level: "warn",
      facts: { object: "Builder/o2-0", problem: expect.stringContaining("spec.pool") },
    });
  });

  it("of a newer version is read, logged once, and written with its own fields and words", () => {
    const door = aDoor();
    const spec = { ...aBuilder("o2-0").spec, desired: "Pause", flavour: "strange" };
    const status = {
      phase: "Dreaming",
      incarnation: "first",
      warmup: { done: 1, total: 2, progressAt: "2026-01-01T00:00:00Z", dreams: 2 },
    };
    const newer = { ...builder, spec, status, colour: "red" };
    const read = door.decode("Builder", newer);
    door.decode("Builder", { ...newer, metadata: { ...newer.metadata, resourceVersion: "6" } });

    expect(read).toMatchObject({ spec: { desired: "Drain", flavour: "strange" }, status: { phase: "Draining" } });
    expect(door.said.map(({ facts }) => facts)).toEqual([
      {
        object: "Builder/o2-0",
        words: ['spec.desired: "Pause", read as Drain', 'status.phase: "Dreaming", read as Draining'],
      },
    ]);
    if (read?.status === undefined) throw new Error("unreadable");
    const body = bodyOf<"Builder">({ ...read, status: { ...read.status, phase: "Lost" } });
    expect(JSON.parse(JSON.stringify(body))).toEqual({ ...newer, status: { ...status, phase: "Lost" } });
  });

  it.each([
    ["phase", { phase: "Paused", attempt: 0 }],
    ["result of a verdict", { phase: "Done", attempt: 1, verdict: { result: "Maybe" } }],
  ])("with an unknown %s of a Build is left to newer programs", (_, status) => {
    const build: KubernetesObject = { ...aBuild("b", { ...stored, generation: 1 }), status };
    expect(aDoor().decode("Build", build)).toBeUndefined();
  });

  it("causes Invalid when requested by name and not fitting its schema", () => {
    expect(() => aDoor().decodeOrThrow("Builder", odd)).toThrow('Builder "o2-0" does not fit its schema');
  });
});
