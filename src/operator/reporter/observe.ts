import type { Build } from "../../api/objects/build.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { type ReportContext, reportFactsOf } from "../../core/report/post/pending.ts";
import { planReport, type ReportPlan, unreportedVerdict } from "../../core/report/post/plan.ts";
import type { Clock } from "../../system/clock.ts";

/** How long the logs of verdicts have been waited for, by this process's own monotonic clock; after a restart from 0 again. */
export interface LogWaits {
  waited(build: Build): Milliseconds;
  forget(name: string): void;
}

/** What GitHub should get now for a Build, given all that is known around it. */
export function observeReport(build: Build, around: ReportContext, waits: LogWaits): ReportPlan {
  return planReport(build, reportFactsOf(build, around, waits.waited(build)));
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
