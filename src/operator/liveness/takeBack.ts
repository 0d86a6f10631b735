import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { type TakeBack, takeBack } from "../../core/build/claim.ts";
import type { Liveness } from "../../core/liveness/liveness.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { LivenessWorld } from "./world.ts";

/** Gives a held Build to others when its holder, as it was when it was judged, cannot finish it. Only the operator does this, so a late verdict finds its claim gone. */
export async function takeBackFrom(
  world: LivenessWorld,
  build: Stored<"Build">,
  judged: ReadonlyMap<string, Builder>,
  lives: ReadonlyMap<string, Liveness>,
): Promise<void> {
  const { store, clock, log } = world;
  const held = build.status?.claim;
  if (held === undefined) return;
  const holder = judged.get(held.builder);
  const life = lives.get(held.builder);
  const isThis = holder?.status?.incarnation === held.incarnation;
  const why = isThis ? causeOf(build, life) : await replaced(world, held);
  if (why === undefined) return;
  const written = await retryOnConflict(
    store,
    "Build",
    build.metadata.name,
    (current) => {
      if (current.status?.claim?.attempt !== held.attempt) return undefined;
      const taken = takeBack(current, why, clock.now());
      return "status" in taken ? { ...current, status: taken.status } : undefined;
    },
    "status",
  );
  if (written === undefined) return;
  const { builder, attempt } = held;
  log.warn({ build: build.metadata.name, builder, attempt, cause: why.cause }, "a claim was taken back");
}

function causeOf({ status }: Build, life: Liveness | undefined): TakeBack | undefined {
  if (life === "Lost") return { cause: "Lost" };
  return life === "Suspect" && status?.phase === "Claimed" ? { cause: "Suspect" } : undefined;
}

/**
 * Whether the builder is gone or lives as another process. Two caches are not of one moment, so this asks the store: a process registers
 * before it claims, hence whatever is registered now that is not the holder came after it.
 */
async function replaced(
  { store }: LivenessWorld,
  held: { readonly builder: string; readonly incarnation: string },
): Promise<TakeBack | undefined> {
  const now = await store.get("Builder", held.builder);
  if (now === undefined) return { cause: "Lost" };
  const incarnation = now.status?.incarnation;
  if (incarnation === undefined || incarnation === held.incarnation) return undefined;
  return { cause: "NewIncarnation", incarnation };
}
