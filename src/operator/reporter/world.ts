import type { BuilderPool } from "../../api/objects/pool.ts";
import type { GitHub } from "../../github/github.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Refusals } from "./refusals.ts";

/** What the reporter needs of the rest of the program. */
export interface ReporterWorld {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Told what GitHub does not let us write, and when it does again. */
  readonly refusals: Refusals;
  /** The connection a pool uses; undefined while its credential is missing. */
  github(pool: BuilderPool): GitHub | undefined;
}
