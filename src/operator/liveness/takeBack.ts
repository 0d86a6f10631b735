import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isHostName } from "../../api/values/hostName.ts";
import { type TakeBack, takeBack } from "../../core/build/claim.ts";
import { holds } from "../../core/build/state.ts";
import { presentStatusOf } from "../../core/host/presentStatus.ts";
import { type Liveness, lostAfter } from "../../core/liveness/liveness.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { LivenessWorld } from "./world.ts";

/** A claim of a Build. */
export type Claim = NonNullable<NonNullable<Build["status"]>["claim"]>;

/** The facts about the holders of claims. */
export interface Holders {
  /** The builders that `liveness` was computed from. */
  readonly observed: ReadonlyMap<string, Builder>;
  readonly liveness: ReadonlyMap<string, Liveness>;
  /** The time without a heartbeat of a holder that is not registered any more. */
  readonly silenceOf: (claim: Claim) => Milliseconds;
  /** Whether the holder ran on the machine of the process that is registered now. */
  readonly isSameMachine: (claim: Claim, machine: string | undefined) => boolean;
}

/** Key of a holder that is not registered any more, among the heartbeat ages. */
export function formerHolderOf({ builder, incarnation }: Claim): string {
  return `${builder} ${incarnation}`;
}

/**
 * Takes back a claim when its holder cannot finish the build, or holds an `earlier` build too. Only the operator takes
 * back claims. A late verdict then fails its precondition.
 */
export async function takeBackClaim(
  world: LivenessWorld,
  build: Stored<"Build">,
  holders: Holders & { readonly earlier: Build | undefined },
): Promise<void> {
  const { store, clock, log } = world;
  const { observed, liveness } = holders;
  const claim = build.status?.claim;
  if (claim === undefined) return;
  const isHolder = incarnationOf(observed.get(claim.builder)) === claim.incarnation;
  const found = isHolder ? reasonOf(build, liveness.get(claim.builder)) : await replacementOf(world, claim, holders);
  const reason = found ?? (await secondClaimOf(world, holders.earlier));
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
    reason.cause === "SecondClaim"
      ? "took back a claim: its holder has another build in hand; the build is queued again, and the builder may be compromised"
      : "took back a claim: its holder cannot finish the build; the build is queued again",
  );
}

/** Whether the holder still holds an earlier Build. The cache may show its end late, so this reads the store. */
async function secondClaimOf({ store }: LivenessWorld, earlier: Build | undefined): Promise<TakeBack | undefined> {
  const claim = earlier?.status?.claim;
  if (earlier === undefined || claim === undefined) return undefined;
  const fresh = await store.get("Build", earlier.metadata.name);
  return fresh !== undefined && holds(fresh, claim) ? { cause: "SecondClaim" } : undefined;
}

/** The registered process of a builder. */
function incarnationOf(builder: Builder | undefined): string | undefined {
  return builder && presentStatusOf(builder)?.incarnation;
}

function reasonOf({ status }: Build, liveness: Liveness | undefined): TakeBack | undefined {
  if (liveness === "Lost") return { cause: "Lost" };
  return liveness === "Suspect" && status?.phase === "Claimed" ? { cause: "Suspect" } : undefined;
}

/**
 * Whether the builder is gone or runs as another incarnation. Two caches are not one snapshot, so this reads the store.
 * A process registers before it claims. A registered incarnation other than the holder is therefore newer. The pod of
 * an earlier process is dead by then. The earlier process of a host is certainly dead only if the newer process runs on
 * the same machine. Otherwise its disk may be copied, or a person deleted its Builder, and it kills its build 15 min
 * after its last heartbeat.
 */
async function replacementOf(
  { store }: LivenessWorld,
  claim: Claim,
  { silenceOf, isSameMachine }: Holders,
): Promise<TakeBack | undefined> {
  const now = await store.get("Builder", claim.builder);
  const mayLive = isHostName(claim.builder) && silenceOf(claim) < lostAfter;
  const incarnation = incarnationOf(now);
  if (incarnation === claim.incarnation) return undefined;
  if (incarnation !== undefined) {
    return mayLive && !isSameMachine(claim, now?.status?.machine)
      ? undefined
      : { cause: "NewIncarnation", incarnation };
  }
  const isForgotten = now === undefined || isHostName(claim.builder);
  return isForgotten && !mayLive ? { cause: "Lost" } : undefined;
}
