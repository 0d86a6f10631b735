import type { Build } from "../../api/objects/build.ts";
import type { Change } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";

/**
 * Waiting time of each Build, measured by this process on its monotonic clock since it first saw the current request.
 */
export interface WaitingTimes {
  /** Records a change of a Build. */
  observe(change: Exclude<Change<"Build">, { type: "Synced" }>): void;
  /** Milliseconds since the current request was first seen, 0 if it was not. */
  of(build: Pick<Build, "metadata" | "spec">): number;
}

export function createWaitingTimes(clock: Pick<Clock, "monotonic">): WaitingTimes {
  const seen = new Map<
    string,
    { readonly uid: string | undefined; readonly request: number; readonly since: number }
  >();
  return {
    observe({ type, object: { metadata, spec } }) {
      const known = seen.get(metadata.name);
      if (type === "Deleted") seen.delete(metadata.name);
      else if (known?.request !== spec.request || known.uid !== metadata.uid) {
        seen.set(metadata.name, { uid: metadata.uid, request: spec.request, since: clock.monotonic() });
      }
    },
    of({ metadata, spec }) {
      const known = seen.get(metadata.name);
      return known?.request === spec.request ? clock.monotonic() - known.since : 0;
    },
  };
}
