import type { ObservedPool } from "../observed.ts";
import type { Budget } from "../rollout/budget.ts";
import type { Removals } from "../rollout/removal.ts";
import type { Rollout } from "../rollout/rollout.ts";
import type { Finding } from "./summary.ts";

/** The input of the rules of conditions. */
export interface Facts {
  readonly observed: ObservedPool;
  readonly rollout: Rollout;
  readonly removals: Removals;
  readonly budget: Budget;
  /** Ready and serving builders, without canaries. */
  readonly ready: number;
  readonly serving: number;
  /** Why a builder waits for the budget; undefined if none does. */
  readonly wait: string | undefined;
}

/** Computes one condition. */
export type ConditionRule = (facts: Facts) => Finding;
