import type { BuilderPool } from "../../api/objects/pool.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

/** One running builder in this process; replaces the container of a pod. */
export interface RunningBuilder {
  /** Starts to drain; the builder ends afterwards. Called at most once. */
  stop(): void;
  /** Ends the builder and its build at once. */
  kill(): void;
  /** Settles when the builder has ended, for any reason. */
  readonly ended: Promise<void>;
}

/** Ports of the local workloads. */
export interface LocalWorld {
  /** Starts the builder of a pod, with the pool at the pod's revision. A thrown error counts as an immediate exit. */
  start(pod: Pod, pool: BuilderPool): RunningBuilder;
  readonly clock: Clock;
  readonly log: Log;
}
