import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { revisionLabel } from "../../../../../src/api/objects/group.ts";
import type { BuilderPool } from "../../../../../src/api/objects/pool.ts";
import { disruptionBudgetOf } from "../../../../../src/core/pool/manifest/disruptionBudget.ts";
import { selectorOf } from "../../../../../src/core/pool/manifest/owned.ts";
import { budgetOf } from "../../../../../src/core/pool/rollout/budget.ts";
import { aPool } from "./aPool.ts";

interface Pod {
  readonly revision: "old" | "new";
  readonly isReady: boolean;
}
interface Budget {
  readonly maxUnavailable: number;
  readonly selector: {
    readonly matchLabels: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
  };
}

const testing = { revision: "new", phase: "Testing", loudRevisions: ["old"], agreed: [] } as const;
const passed = { ...testing, phase: "Passed", loudRevisions: ["old", "new"] } as const;

/** Evicts pods as the API server allows, until it allows none. */
function evict(pool: BuilderPool, pods: readonly Pod[]): readonly Pod[] {
  const { maxUnavailable, selector } = disruptionBudgetOf(pool)["spec"] as Budget;
  const isSelected = ({ revision }: Pod) => {
    const labels: Readonly<Record<string, string>> = { ...selectorOf("o2"), [revisionLabel]: revision };
    const { matchLabels, matchExpressions = [] } = selector;
    return (
      Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
      matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ""))
    );
  };
  let left = pods;
  for (const pod of pods) {
    // The expected number is the size of the StatefulSet, whatever the selector says.
    const healthy = left.filter((one) => one.isReady && isSelected(one)).length;
    const isAllowed = !isSelected(pod) || !pod.isReady || healthy > pods.length - maxUnavailable;
    if (isAllowed) left = left.filter((one) => one !== pod);
  }
  return left;
}

const loudReady = (pods: readonly Pod[]) =>
  pods.filter(({ revision, isReady }) => revision === "old" && isReady).length;

describe("the budget of evictions", () => {
  it("never takes a loud builder below the limit of the pool during a trial", () => {
    const pod = fc.record({ revision: fc.constantFrom("old" as const, "new" as const), isReady: fc.boolean() });
    fc.assert(
      fc.property(fc.array(pod, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 8 }), (pods, most) => {
        const spec = { instances: pods.length, update: { maxUnavailable: most, canary: { builders: 1, agree: 1 } } };
        const pool = { ...aPool(spec), status: { canary: testing } } as unknown as BuilderPool;
        const fewest = pods.length - Math.max(1, budgetOf(pool.spec).maxUnavailable);
        expect(loudReady(evict(pool, pods))).toBeGreaterThanOrEqual(Math.min(fewest, loudReady(pods)));
      }),
    );
  });

  it("keeps the last loud builder beside a ready canary, and gives the canary up", () => {
    const pods: readonly Pod[] = [
      { revision: "old", isReady: true },
      { revision: "new", isReady: true },
    ];
    const pool = aPool({ instances: 2 });
    expect(evict({ ...pool, status: { canary: testing } } as unknown as BuilderPool, pods)).toEqual([pods[0]]);
    expect(evict({ ...pool, status: { canary: passed } } as unknown as BuilderPool, pods)).toEqual([pods[1]]);
  });
});
