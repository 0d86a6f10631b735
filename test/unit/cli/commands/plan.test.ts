import { describe, expect, it } from "vitest";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import { linesFor } from "../../../../src/cli/commands/plan.ts";
import { revisionOf } from "../../../../src/core/pool/rollout/revision.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const spec = { image: "builder:1", update: aPool().spec.update };
const revision = revisionOf(aPool(spec).spec);
const next = revisionOf(aPool({ ...spec, image: "builder:2" }).spec);

function poolOf(instances: number) {
  return { ...aPool({ ...spec, instances }), status: { revision } };
}

function running(count: number): Builder[] {
  return Array.from({ length: count }, (_, index) => {
    const incarnation = `${index}`;
    const status = { revision, podUid: `pod-${index}`, incarnation, warm: { incarnation, revision, at: "" } };
    return aBuilder(`o2-${index}`, status, { poolSize: count });
  });
}

const silentPod = ({ status: _, ...builder }: Builder): Builder => builder;

describe("a plan", () => {
  it("names every builder of a new pool", () => {
    expect(linesFor(undefined, aPool({ ...spec, instances: 2 }), [], {}, noon)).toEqual([
      "o2: will be created with 2 builders; they warm up and join",
      `  1. Starts 2 builders at revision ${revision}`,
      '  2. Starts "o2-0", a new builder, which warms up and joins the partition',
      '  3. Starts "o2-1", a new builder, which warms up and joins the partition',
    ]);
  });

  it("names new builders, and leaves the others alone", () => {
    expect(linesFor(poolOf(2), aPool({ ...spec, instances: 3 }), running(2), {}, noon)).toEqual([
      "o2: instances from 2 to 3",
      "  1. Scales from 2 to 3 builders",
      '  2. Starts "o2-2", a new builder, which warms up and joins the partition',
    ]);
  });

  it("counts pods that have not spoken yet", () => {
    const [first, ...others] = running(3);
    const starting = [...(first === undefined ? [] : [first]), ...others.map(silentPod)];
    expect(linesFor(poolOf(3), aPool({ ...spec, instances: 3 }), starting, {}, noon)).toEqual([
      "o2: the file matches the running pool",
      "  nothing to do",
    ]);
    expect(linesFor(poolOf(3), aPool({ ...spec, instances: 4 }), starting, {}, noon)).toContain(
      "  1. Scales from 3 to 4 builders",
    );
  });

  it("names each builder once in a line, and gives each reason once", () => {
    const pool = aPool({ ...spec, image: "builder:2", instances: 2 });
    expect(linesFor(poolOf(2), pool, running(2), {}, noon)).toEqual([
      'o2: image from "builder:1" to "builder:2"',
      `  1. "o2-1" is updated from revision ${revision} to ${next}`,
      `  2. Builders now start at revision ${next} instead of ${revision}`,
      '  3. "o2-1" accepts builds again',
      `  4. "o2-0" is updated from revision ${revision} to ${next}`,
      '  5. "o2-0" accepts builds again',
    ]);
  });
});
