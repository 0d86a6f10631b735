import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";

/** A build to run, with its check and pool. */
export interface Work {
  readonly build: Stored<"Build">;
  readonly check: ResolvedCheck;
  readonly pool: BuilderPool;
}
