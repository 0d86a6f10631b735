import type { Build } from "../../api/objects/build.ts";
import type { Change } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";

/** For how long this process has known the wanted request of each Build, by its own monotonic clock. */
export interface WaitingTimes {
  observe(change: Exclude<Change<"Build">, { type: "Synced" }>): void;
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
