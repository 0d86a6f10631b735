import type { CellStep } from "../../api/cell/event.ts";
import type { Build } from "../../api/objects/build.ts";
import { type Holder, holds, type Transition } from "../../core/build/claim.ts";
import type { Brain } from "../brain.ts";
import { transit } from "./transit.ts";

export interface StepTeller {
  tell(step: CellStep): void;
  /** Resolves when nothing is being written. */
  told(): Promise<unknown>;
}

/** Every step is shown on the Builder; on the Build only that aliBuild has started: that one takes the hours, and each write costs everybody. */
export function tellSteps(brain: Brain, name: string, holder: Holder, signal: AbortSignal): StepTeller {
  let writing: Promise<unknown> | undefined;
  const to = (build: Build): Transition =>
    build.status !== undefined && holds(build, holder)
      ? { status: { ...build.status, step: "build" } }
      : { refused: "no longer ours" };
  return {
    tell(step) {
      brain.status.say({ step });
      if (step !== "build" || writing !== undefined) return;
      writing = transit(brain, name, signal, { to });
      writing.catch(() => {}); // told() hears of it
    },
    told: async () => writing,
  };
}
