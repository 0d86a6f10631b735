import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition } from "../../../../../src/api/objects/metadata.ts";
import { poolConditions } from "../../../../../src/api/objects/reasons.ts";
import { type OwnFindings, summaryOf, summaryTypes } from "../../../../../src/core/pool/status/summary.ts";
import { World } from "../world.ts";

const found = (status: Condition["status"], message: string) => ({ status, reason: "Unknown", message }) as const;
const healthy: OwnFindings = {
  Available: found("True", "4 of 4 builders are ready"),
  Progressing: found("False", "The builders are as declared"),
  Stalled: found("False", "No warm-up is stuck"),
  Covered: found("True", ""),
  Conflict: found("False", ""),
  GitHubReachable: found("True", ""),
  DefinitionsValid: found("True", ""),
  BasesUsable: found("True", ""),
};

describe("the summary for deployment tools", () => {
  it.each<[Partial<OwnFindings>, string]>([
    [{}, "True: 4 of 4 builders are ready"],
    [{ Available: found("False", "1 of 4") }, "False: 1 of 4"],
    [{ Available: found("False", "1 of 4"), Stalled: found("True", "o2-0 is stuck") }, "False: o2-0 is stuck"],
    [{ Stalled: found("True", "stuck"), DefinitionsValid: found("False", "no image") }, "False: no image"],
    [{ GitHubReachable: found("False", "GitHub is away") }, "True: 4 of 4 builders are ready"],
  ])("is Ready as the most severe problem says: %j", (change, expected) => {
    const { Ready } = summaryOf({ ...healthy, ...change });
    expect(`${Ready.status}: ${Ready.message}`).toBe(expected);
  });

  it("reconciles while the pool progresses, and is never Ready and stalled", () => {
    const status = fc.constantFrom("True" as const, "False" as const);
    const own = Object.keys(poolConditions).filter((type) => !summaryTypes.some((summary) => summary === type));
    const any = fc.record(Object.fromEntries(own.map((type) => [type, status.map((one) => found(one, type))])));
    fc.assert(
      fc.property(any, (findings) => {
        const { Ready, Reconciling } = summaryOf(findings as unknown as OwnFindings);
        expect(Reconciling.status).toBe(findings["Progressing"]?.status);
        if (Ready.status === "True") expect(findings["Stalled"]?.status).toBe("False");
      }),
    );
  });

  it("stands in the status of a settled pool", () => {
    const world = new World({ instances: 2 });
    world.settle();
    const conditions = world.pool.status?.conditions ?? [];
    expect(summaryTypes.map((type) => conditions.find((one) => one.type === type)?.status)).toEqual(["True", "False"]);
  });
});
