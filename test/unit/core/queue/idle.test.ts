import { expect, it } from "vitest";
import { builderColumns } from "../../../../src/cli/output/columns.ts";
import { formatTable } from "../../../../src/cli/output/table.ts";
import { idleReasonsOf } from "../../../../src/core/queue/idle.ts";
import { aBuild, heldBy } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const minute = 60_000;
const waiting = aBuild({ requestedAt: iso(noon - 4 * minute) }, { tree: "o2-0" });
const busy = heldBy("o2-0", { number: 2 });

it("gives the reason why an idle builder leaves a build to the builder with its warm tree, in the table too", () => {
  const reasons = idleReasonsOf([aPool()], { builders: builders(2), builds: [waiting, busy] }, noon);
  const reason = "One build waits for a preferred builder or the end of a pause; the next is free in 6m";
  expect([...reasons]).toEqual([["o2-1", reason]]);
  expect(formatTable(builderColumns(noon, reasons), builders(2))).toContain(reason);
});

it("gives none for busy builders, without waiting builds, and for builders that are not Ready", () => {
  expect(idleReasonsOf([aPool()], { builders: builders(2), builds: [busy] }, noon).size).toBe(0);
  const cold = aBuilder("o2-1", { phase: "Warming" });
  const seen = { builders: [...builders(1), cold], builds: [waiting, busy] };
  expect(idleReasonsOf([aPool()], seen, noon).size).toBe(0);
});
