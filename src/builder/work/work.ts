import type { ResolvedCheck } from "../api/check.ts";
import type { Stored } from "../api/kinds.ts";
import type { BuilderPool } from "../api/pool.ts";

/** A build to do, with what it takes to do it. */
export interface Work {
  readonly build: Stored<"Build">;
  readonly check: ResolvedCheck;
  readonly pool: BuilderPool;
}
