import type { CellStep } from "../../api/cell/event.ts";
import type { Build } from "../../api/objects/build.ts";
import type { Transition } from "../../core/build/claim.ts";
import { type Holder, holds } from "../../core/build/state.ts";
import type { Brain } from "../brain.ts";
import { applyTransition } from "./transition.ts";

/** Reports the steps of a running build. */
export interface StepReporter {
  report(step: CellStep): void;
  /** Resolves when no write is in progress. Rejects when the write failed. */
  written(): Promise<unknown>;
}

/**
 * Sets every step in the Builder's status. Sets only the longest step, `build`, in the Build's status: every write of a
 * Build reaches all builders.
 */
export function createStepReporter(brain: Brain, name: string, holder: Holder, signal: AbortSignal): StepReporter {
  let writing: Promise<unknown> | undefined;
  const next = (build: Build): Transition =>
    build.status !== undefined && holds(build, holder)
      ? { status: { ...build.status, step: "build" } }
      : { refused: "no longer ours" };
  return {
    report(step) {
      brain.status.setStatus({ step });
      if (step !== "build" || writing !== undefined) return;
      writing = applyTransition(brain, name, signal, { next });
      writing.catch(() => {}); // written() reports the failure.
    },
    written: async () => writing,
  };
}
