import type { Build } from "../../api/objects/build.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { type ReportContext, reportFactsOf } from "../../core/report/post/pending.ts";
import { planReport, type ReportPlan, unreportedVerdict } from "../../core/report/post/plan.ts";
import type { Clock } from "../../system/clock.ts";

/** How long each verdict has waited for its log, on our monotonic clock. Starts at 0 after a restart. */
export interface LogWaits {
  waited(build: Build): Milliseconds;
  forget(name: string): void;
}

/** The writes to GitHub that a Build needs now. */
export function observeReport(build: Build, context: ReportContext, waits: LogWaits): ReportPlan {
  return planReport(build, reportFactsOf(build, context, waits.waited(build)));
}

export function createLogWaits(clock: Pick<Clock, "monotonic">): LogWaits {
  const since = new Map<string, { readonly attempt: number; readonly at: Milliseconds }>();
  return {
    waited(build) {
      const { name } = build.metadata;
      const verdict = unreportedVerdict(build);
      if (verdict?.log?.stored !== false) {
        since.delete(name);
        return 0;
      }
      const known = since.get(name);
      const at = known?.attempt === verdict.attempt ? known.at : clock.monotonic();
      since.set(name, { attempt: verdict.attempt, at });
      return clock.monotonic() - at;
    },
    forget: (name) => void since.delete(name),
  };
}
