import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";

/** A build to do, with what it takes to do it. */
export interface Work {
  readonly build: Stored<"Build">;
  readonly check: ResolvedCheck;
  readonly pool: BuilderPool;
}
