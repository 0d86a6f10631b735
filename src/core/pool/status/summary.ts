import type { Condition } from "../../../api/objects/metadata.ts";
import type { PoolConditionType } from "../../../api/objects/reasons.ts";
import type { Explanation } from "../action.ts";

/** The status of a condition, with its reason and message. */
export type Finding = Explanation & { readonly status: Condition["status"] };

/** The conditions that only repeat the others, for deployment tools that know no type of ours. */
export const summaryTypes = ["Ready", "Reconciling"] as const satisfies readonly PoolConditionType[];
type SummaryType = (typeof summaryTypes)[number];
/** The findings of all conditions that are no summary. */
export type OwnFindings = Readonly<Record<Exclude<PoolConditionType, SummaryType>, Finding>>;

/** The conditions that decide about `Ready`, the most severe first. */
const needed = [
  ["DefinitionsValid", "True"],
  ["Conflict", "False"],
  ["Stalled", "False"],
  ["Available", "True"],
] as const;

/**
 * The findings `Ready` and `Reconciling` of kstatus. Flux, Argo CD and Helm read them. `Ready` repeats the most severe
 * problem of the pool. `Reconciling` repeats `Progressing`.
 */
export function summaryOf(findings: OwnFindings): Readonly<Record<SummaryType, Finding>> {
  const problem = needed.find(([type, status]) => findings[type].status !== status);
  const ready: Finding =
    problem === undefined ? { ...findings.Available, status: "True" } : { ...findings[problem[0]], status: "False" };
  return { Ready: ready, Reconciling: findings.Progressing };
}
