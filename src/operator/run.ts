import type { BuilderPool } from "../api/objects/pool.ts";
import type { GitHub } from "../github/github.ts";
import type { LogStore } from "../logs/logStore.ts";
import type { ObjectStore } from "../store/objectStore.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import type { EmitEvent } from "./events.ts";
import { runJanitor } from "./janitor/run.ts";
import { runLiveness } from "./liveness/run.ts";
import type { HostAccounts } from "./pools/hostAccounts.ts";
import { runPools } from "./pools/run.ts";
import type { Workloads } from "./pools/workloads.ts";
import { createListings } from "./queue/listings.ts";
import { runQueue } from "./queue/run.ts";
import { createRefusals } from "./reporter/refusals.ts";
import { runReporter } from "./reporter/run.ts";

export interface OperatorWorld {
  readonly store: ObjectStore;
  readonly workloads: Workloads;
  /** Accounts of hosts outside the cluster; absent on one machine. */
  readonly accounts?: HostAccounts;
  readonly logs: Pick<LogStore, "expire">;
  readonly clock: Clock;
  readonly log: Log;
  readonly emit?: EmitEvent;
  /** Whether tested pull requests are rebuilt until their merge. */
  readonly rechecks: boolean;
  /** The pool's GitHub connection; undefined while its credential is missing. */
  github(pool: BuilderPool): GitHub | undefined;
}

export interface Operator {
  /** Resolves when all parts have ended after `signal` aborted. If one part fails, the others end and this rejects. */
  readonly ended: Promise<void>;
  /** Whether all pull requests are listed, the listings are fresh, and the Builds match the listings. */
  isSettled(): boolean;
}

/** Starts the parts of the operator: pools, queue, reporter, liveness, janitor. */
export function startOperator(world: OperatorWorld, signal: AbortSignal): Operator {
  const failed = new AbortController();
  const end = AbortSignal.any([signal, failed.signal]);
  const listings = createListings();
  const refusals = createRefusals(world.clock);
  const unsettled = new Map<string, number>();
  const parts = [
    runPools(
      {
        ...world,
        listings: ({ metadata }) => listings.states(metadata.name),
        refused: ({ metadata }) => refusals.of(metadata.name),
      },
      end,
    ),
    runQueue({ ...world, listings, unsettled }, end),
    runReporter({ ...world, refusals }, end),
    runLiveness(world, end),
    runJanitor(world, end),
  ];
  for (const part of parts) part.catch((error: unknown) => failed.abort(error));
  return {
    ended: allEnded(parts),
    isSettled: () => listings.areFresh() && unsettled.size === 0,
  };
}

async function allEnded(parts: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(parts);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
