import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { EmitEvent } from "../events.ts";
import type { Workloads } from "../pools/workloads.ts";

export interface LivenessWorld {
  readonly store: ObjectStore;
  readonly workloads: Workloads;
  readonly clock: Clock;
  readonly log: Log;
  readonly emit?: EmitEvent;
}
