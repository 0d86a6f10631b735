import type { BuilderPool } from "../../api/pool.ts";
import type { GitHub } from "../../github/github.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

/** What the reporter needs of the rest of the program. */
export interface ReporterWorld {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The connection a pool uses; undefined while its credential is missing. */
  github(pool: BuilderPool): GitHub | undefined;
}
