import type { CellStep } from "../../api/cell/event.ts";
import type { Build } from "../../api/objects/build.ts";
import type { Transition } from "../../core/build/claim.ts";
import { type Holder, holds } from "../../core/build/state.ts";
import type { Brain } from "../brain.ts";
import { applyTransition } from "./transition.ts";

export interface StepReporter {
  report(step: CellStep): void;
  /** Resolves when nothing is being written. */
  written(): Promise<unknown>;
}

/** Every step is shown on the Builder; on the Build only that aliBuild has started: that one takes the hours, and each write costs everybody. */
export function createStepReporter(brain: Brain, name: string, holder: Holder, signal: AbortSignal): StepReporter {
  let writing: Promise<unknown> | undefined;
  const to = (build: Build): Transition =>
    build.status !== undefined && holds(build, holder)
      ? { status: { ...build.status, step: "build" } }
      : { refused: "no longer ours" };
  return {
    report(step) {
      brain.status.setStatus({ step });
      if (step !== "build" || writing !== undefined) return;
      writing = applyTransition(brain, name, signal, { to });
      writing.catch(() => {}); // told() hears of it
    },
    written: async () => writing,
  };
}
