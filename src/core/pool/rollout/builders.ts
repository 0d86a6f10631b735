import { drainAnnotation } from "../../../api/objects/group.ts";
import type { Action, Explanation, OwnedSpec } from "../action.ts";
import { type Member, noAges } from "../builder/member.ts";
import { podName } from "../builder/pod.ts";
import { partitionIndexesOf } from "../builder/workerIndex.ts";
import type { ObservedPool } from "../observed.ts";
import { replicasFor } from "./places.ts";
import { holdsOrdinal, type Removal, type Removals } from "./removal.ts";

/**
 * Plans the writes to Builder objects. Every wanted ordinal has a Builder before its pod starts. The Builder of an
 * unwanted ordinal is deleted after its pod.
 */
export function planBuilders({ pool, members }: ObservedPool, { places, all }: Removals): readonly Action[] {
  const removalOf = new Map(all.map((removal) => [removal.member.name, removal]));
  const candidates = [...members, ...missingMembers(pool.metadata.name, members, places)];
  const podCount = partitionSizeOf(all, places);
  const indexOf = partitionIndexesOf(members, podCount);
  return candidates.flatMap((member) => {
    const { ordinal = -1 } = member;
    if (ordinal >= places && member.pod === undefined) return deleteBuilder(member);
    const { explanation, ...wanted } = desiredOf(member, removalOf.get(member.name));
    const external = member.builder?.spec.external ?? false;
    const index = ordinal < podCount ? indexOf(member.name, member.ordinal) : presentIndexOf(member);
    return applyBuilder(member, { pool: pool.metadata.name, ...wanted, ...index, external }, explanation);
  });
}

/** The desired state of a builder, with the explanation of a change to this state. */
function desiredOf(
  member: Member,
  removal: Removal | undefined,
): Pick<OwnedSpec, "desired" | "drainReason"> & { readonly explanation: Explanation } {
  const { name, builder, status } = member;
  if (removal !== undefined && (mustDrain(removal) || builder?.spec.desired === "Drain")) {
    const { drainReason, message } = removal.reason;
    return { desired: "Drain", drainReason, explanation: draining(message) };
  }
  if (builder?.metadata.annotations?.[drainAnnotation] === "true") {
    const message = `"${name}" drains because a person requested it; without the annotation ${drainAnnotation} it builds again`;
    return { desired: "Drain", drainReason: "Asked", explanation: draining(message) };
  }
  const message = `"${name}" accepts builds again`;
  // A builder without a status returns as a new pod, and its restart already had an Event.
  const reason = status === undefined ? "AsDesired" : "BuilderReleased";
  return { desired: "Active", explanation: { reason, message } };
}

/**
 * A builder that leaves cold may have to wait for higher ordinals. It drains, so that it does not become ready
 * meanwhile.
 */
function mustDrain({ step, returns }: Removal): boolean {
  return step === "Drain" || (step === "Remove" && !returns);
}

function draining(message: string): Explanation {
  return { reason: "BuilderDraining", message };
}

/** The number of ordinals in the partition: the wanted ones, and higher ones that the budget still keeps at work. */
function partitionSizeOf(all: readonly Removal[], places: number): number {
  const active = all.filter(
    (removal) =>
      !removal.returns &&
      holdsOrdinal(removal) &&
      removal.step === "Wait" &&
      removal.member.builder?.spec.desired !== "Drain",
  );
  return replicasFor(
    places,
    active.map(({ member }) => member),
  );
}

function missingMembers(pool: string, members: readonly Member[], places: number): readonly Member[] {
  const existing = new Set(members.map(({ ordinal }) => ordinal));
  return Array.from({ length: places }, (_, ordinal) => ordinal)
    .filter((ordinal) => !existing.has(ordinal))
    .map((ordinal) => ({ name: podName(pool, ordinal), ordinal, phase: "Pending" as const, ages: noAges }));
}

/** A builder that leaves keeps its index, which is no longer read. */
function presentIndexOf({ builder }: Member): Pick<OwnedSpec, "workerIndex" | "poolSize"> {
  const { workerIndex, poolSize } = builder?.spec ?? {};
  return { ...(workerIndex !== undefined && { workerIndex }), ...(poolSize !== undefined && { poolSize }) };
}

function applyBuilder({ name, builder }: Member, spec: OwnedSpec, explanation: Explanation): readonly Action[] {
  const present = builder?.spec;
  if (present !== undefined && ownedFields.every((field) => present[field] === spec[field])) return [];
  const isDesiredChanged = present !== undefined && present.desired !== spec.desired;
  const indexed: Explanation = {
    reason: "AsDesired",
    message: `"${name}" has worker index ${spec.workerIndex} of ${spec.poolSize}`,
  };
  return [{ do: "applyBuilder", name, spec, ...(isDesiredChanged ? explanation : indexed) }];
}

function deleteBuilder({ name, builder }: Member): readonly Action[] {
  if (builder === undefined || builder.metadata.deletionTimestamp !== undefined) return [];
  const message = `Deletes the Builder "${name}", since its pod is gone`;
  return [{ do: "deleteBuilder", name, reason: "AsDesired", message }];
}

const ownedFields = [
  "pool",
  "desired",
  "drainReason",
  "workerIndex",
  "poolSize",
  "external",
] as const satisfies readonly (keyof OwnedSpec)[];
