import type { BuilderPool } from "../../api/objects/pool.ts";
import type { GitHub } from "../../github/github.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Refusals } from "./refusals.ts";

/** Dependencies of the reporter. */
export interface ReporterWorld {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Records refused writes, and the end of each refusal. */
  readonly refusals: Refusals;
  /** The pool's GitHub connection; undefined while its credential is missing. */
  github(pool: BuilderPool): GitHub | undefined;
}
