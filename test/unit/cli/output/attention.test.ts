import { expect, it } from "vitest";
import { attention } from "../../../../src/cli/output/attention.ts";
import { builderColumns } from "../../../../src/cli/output/columns.ts";
import { formatTable } from "../../../../src/cli/output/table.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const progressing = (reason: string) => ({
  ...{ type: "Progressing", status: "True" as const, reason, lastTransitionTime: iso(noon) },
  message: '"o2-1" waits for its restart: at least 1 of 2 builders stay in service, and "o2-0" warms up',
});
const warmup = { done: 0, total: 3, doing: "Fetching o/r", progressAt: iso(noon), retryAt: iso(noon + 10_000) };
const failures = ["master does not compile for build/O2/o2", "Fetching o/r: no network"];
const retrying = aBuilder("o2-0", { phase: "Warming", warmup: { ...warmup, failures } });

it("names builders that wait for the budget, and no ordinary progress", () => {
  const waiting = { ...aPool(), status: { conditions: [progressing("BudgetUsed")] } };
  const line = 'o2: "o2-1" waits for its restart: at least 1 of 2 builders stay in service, and "o2-0" warms up';
  expect(attention({ pools: [waiting] })).toEqual([line]);
  expect(attention({ waits: [waiting] })).toEqual([line]);
  const rolling = { ...aPool(), status: { conditions: [progressing("UpdateStarted")] } };
  expect(attention({ pools: [rolling] })).toEqual([]);
});

it("shows no other problem of a pool beside its builders", () => {
  const stalled = { ...progressing("WarmupStuck"), type: "Stalled" };
  expect(attention({ waits: [{ ...aPool(), status: { conditions: [stalled] } }] })).toEqual([]);
});

it("gives the time of the next try of a warm-up, in the table too", () => {
  expect(attention({ builders: [retrying] })).toEqual([
    "o2-0: master does not compile for build/O2/o2",
    "o2-0: fetching o/r: no network; next try at 12:00:10 UTC",
  ]);
  expect(formatTable(builderColumns(noon), [retrying])).toContain("next try at 12:00:10 UTC: Fetching o/r");
});
