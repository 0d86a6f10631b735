import type { BuilderPool } from "../../api/objects/pool.ts";
import type { ListingState } from "../../core/pool/observed.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Cache } from "../../store/watch/cache.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { EmitEvent } from "../events.ts";
import type { HostAccounts } from "./hostAccounts.ts";
import type { Workloads } from "./workloads.ts";

export interface PoolWorld {
  readonly store: ObjectStore;
  readonly workloads: Workloads;
  /** Accounts of hosts outside the cluster; absent on one machine. */
  readonly accounts?: HostAccounts;
  readonly clock: Clock;
  readonly log: Log;
  readonly emit?: EmitEvent;
  /** State of the pool's listings; empty before the lister starts. */
  listings(pool: BuilderPool): readonly ListingState[];
  /** Why GitHub refuses the pool's reports until a person acts; undefined without a refusal. */
  refused(pool: BuilderPool): string | undefined;
}

export interface PoolCaches {
  readonly pools: Cache<"BuilderPool">;
  readonly builders: Cache<"Builder">;
  readonly builds: Cache<"Build">;
}
