import { drainAnnotation } from "../../../api/objects/group.ts";
import type { Action, Explanation, OwnedSpec } from "../action.ts";
import { type Member, noAges } from "../builder/member.ts";
import { podName } from "../builder/pod.ts";
import { partitionIndexesOf } from "../builder/workerIndex.ts";
import type { ObservedPool } from "../observed.ts";
import { replicasFor } from "./places.ts";
import { holdsOrdinal, type Removal, type Removals } from "./removal.ts";

/** Brings the Builder objects to what is decided: one for each place before its pod starts, none for a place that is gone. */
export function planBuilders({ pool, members }: ObservedPool, { places, all }: Removals): readonly Action[] {
  const removalOf = new Map(all.map((removal) => [removal.member.name, removal]));
  const everybody = [...members, ...missing(pool.metadata.name, members, places)];
  const desired = everybody.map((member) => ({ member, ...desiredOf(member, removalOf.get(member.name)) }));
  const counting = countingOf(all, places);
  const place = partitionIndexesOf(members, counting);
  return desired.flatMap(({ member, why, ...wish }) => {
    const { ordinal = -1 } = member;
    if (ordinal >= places && member.pod === undefined) return remove(member);
    const external = member.builder?.spec.external ?? false;
    const at = ordinal < counting ? place(member.name, member.ordinal) : placeNow(member);
    return apply(member, { pool: pool.metadata.name, ...wish, ...at, external }, why);
  });
}

/** Whether it takes builds, and the reason that a change of that has. */
function desiredOf(
  member: Member,
  removal: Removal | undefined,
): Pick<OwnedSpec, "desired" | "drainReason"> & { readonly why: Explanation } {
  const { name, builder, status } = member;
  if (removal !== undefined && (mustDrain(removal) || builder?.spec.desired === "Drain")) {
    return { desired: "Drain", drainReason: removal.reason.word, why: draining(removal.reason.message) };
  }
  if (builder?.metadata.annotations?.[drainAnnotation] === "true") {
    return { desired: "Drain", drainReason: "Asked", why: draining(`"${name}" drains because it was asked to`) };
  }
  const message = `"${name}" may take builds again`;
  // Of one that comes back as another pod the restart was told.
  return { desired: "Active", why: { reason: status === undefined ? "AsDesired" : "BuilderReleased", message } };
}

/** One that leaves before it was warm may have to wait for those above it: it must not get ready meanwhile. */
function mustDrain({ step, returns }: Removal): boolean {
  return step === "Drain" || (step === "Remove" && !returns);
}

function draining(message: string): Explanation {
  return { reason: "BuilderDraining", message };
}

/** Ordinals that count in the partition: all places, and those above that still take builds because the budget keeps them. */
function countingOf(all: readonly Removal[], places: number): number {
  const kept = all.filter(
    (removal) =>
      !removal.returns &&
      holdsOrdinal(removal) &&
      removal.step === "Wait" &&
      removal.member.builder?.spec.desired !== "Drain",
  );
  return replicasFor(
    places,
    kept.map(({ member }) => member),
  );
}

function missing(pool: string, members: readonly Member[], places: number): readonly Member[] {
  const there = new Set(members.map(({ ordinal }) => ordinal));
  return Array.from({ length: places }, (_, ordinal) => ordinal)
    .filter((ordinal) => !there.has(ordinal))
    .map((ordinal) => ({ name: podName(pool, ordinal), ordinal, phase: "Pending" as const, ages: noAges }));
}

/** One that leaves keeps the index it had: nobody reads it any more. */
function placeNow({ builder }: Member): Pick<OwnedSpec, "workerIndex" | "poolSize"> {
  const { workerIndex, poolSize } = builder?.spec ?? {};
  return { ...(workerIndex !== undefined && { workerIndex }), ...(poolSize !== undefined && { poolSize }) };
}

function apply({ name, builder }: Member, spec: OwnedSpec, why: Explanation): readonly Action[] {
  const now = builder?.spec;
  if (now !== undefined && owned.every((field) => now[field] === spec[field])) return [];
  const turned = now !== undefined && now.desired !== spec.desired;
  const plain: Explanation = {
    reason: "AsDesired",
    message: `"${name}" has index ${spec.workerIndex} of ${spec.poolSize}`,
  };
  return [{ do: "applyBuilder", name, spec, ...(turned ? why : plain) }];
}

function remove({ name, builder }: Member): readonly Action[] {
  if (builder === undefined || builder.metadata.deletionTimestamp !== undefined) return [];
  return [{ do: "deleteBuilder", name, reason: "AsDesired", message: `"${name}" is gone` }];
}

const owned = [
  "pool",
  "desired",
  "drainReason",
  "workerIndex",
  "poolSize",
  "external",
] as const satisfies readonly (keyof OwnedSpec)[];
