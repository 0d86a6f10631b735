import { isDeepStrictEqual } from "node:util";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPoolStatus } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { hasUrgentChange } from "../../core/pool/status/status.ts";
import { retryOnConflict } from "../../store/write.ts";
import { type Memory, memoryOf } from "./memory.ts";
import type { PoolWorld } from "./world.ts";

/** Minor changes wait this long for more: a builder in a rollout changes counts several times within seconds. */
const gather: Milliseconds = 5_000;

/**
 * Writes a changed status: important changes at once, minor changes later. Returns the delay; undefined without a
 * pending write.
 */
export async function writeStatus(
  { store, clock }: PoolWorld,
  pool: Stored<"BuilderPool">,
  status: BuilderPoolStatus,
  memory: Memory,
): Promise<Milliseconds | undefined> {
  const remembered = memoryOf(pool, memory);
  const { name, uid } = pool.metadata;
  const isSame = (current: Stored<"BuilderPool">) => isDeepStrictEqual(current.status, status);
  if (!isSame(pool) && !hasUrgentChange(pool.status, status)) {
    remembered.unwrittenSince ??= clock.monotonic();
    const left = remembered.unwrittenSince + gather - clock.monotonic();
    if (left > 0) return left;
  }
  remembered.unwrittenSince = undefined;
  if (isSame(pool)) return undefined;
  // The trial in the status is the only memory of a canary rollout. A plan from an older status must not replace it.
  const isNewer = (current: Stored<"BuilderPool">) =>
    !isDeepStrictEqual(current.status?.canary, pool.status?.canary) &&
    !isDeepStrictEqual(current.status?.canary, status.canary);
  const change = (current: Stored<"BuilderPool">) =>
    current.metadata.uid !== uid || isSame(current) || isNewer(current) ? undefined : { ...current, status };
  await retryOnConflict(store, "BuilderPool", name, change, "status", pool);
  return undefined;
}
