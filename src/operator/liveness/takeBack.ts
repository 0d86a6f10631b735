import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { type TakeBack, takeBack } from "../../core/build/claim.ts";
import type { Liveness } from "../../core/liveness/liveness.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { LivenessWorld } from "./world.ts";

/**
 * Takes back a claim when its holder cannot finish the build. `observed` has the builders that `liveness` was computed
 * from. Only the operator takes back claims. A late verdict then fails its precondition.
 */
export async function takeBackClaim(
  world: LivenessWorld,
  build: Stored<"Build">,
  observed: ReadonlyMap<string, Builder>,
  liveness: ReadonlyMap<string, Liveness>,
): Promise<void> {
  const { store, clock, log } = world;
  const claim = build.status?.claim;
  if (claim === undefined) return;
  const isHolder = observed.get(claim.builder)?.status?.incarnation === claim.incarnation;
  const reason = isHolder ? reasonOf(build, liveness.get(claim.builder)) : await replacementOf(world, claim);
  if (reason === undefined) return;
  const builders = [...observed.values()].filter(({ spec }) => spec.pool === build.spec.pool);
  const written = await retryOnConflict(
    store,
    "Build",
    build.metadata.name,
    (current) => {
      if (current.status?.claim?.attempt !== claim.attempt) return undefined;
      const taken = takeBack(current, reason, clock.now(), builders);
      return "status" in taken ? { ...current, status: taken.status } : undefined;
    },
    "status",
  );
  if (written === undefined) return;
  const { builder, attempt } = claim;
  log.warn(
    { build: build.metadata.name, builder, attempt, cause: reason.cause },
    "took back a claim: its holder cannot finish the build; the build is queued again",
  );
}

function reasonOf({ status }: Build, liveness: Liveness | undefined): TakeBack | undefined {
  if (liveness === "Lost") return { cause: "Lost" };
  return liveness === "Suspect" && status?.phase === "Claimed" ? { cause: "Suspect" } : undefined;
}

/**
 * Whether the builder is gone or runs as another incarnation. Two caches are not one snapshot, so this reads the store.
 * A process registers before it claims. A registered incarnation other than the holder is therefore newer.
 */
async function replacementOf(
  { store }: LivenessWorld,
  claim: { readonly builder: string; readonly incarnation: string },
): Promise<TakeBack | undefined> {
  const now = await store.get("Builder", claim.builder);
  if (now === undefined) return { cause: "Lost" };
  const incarnation = now.status?.incarnation;
  if (incarnation === undefined || incarnation === claim.incarnation) return undefined;
  return { cause: "NewIncarnation", incarnation };
}
