import { drainAnnotation } from "../../../api/objects/group.ts";
import type { Action, Explanation, OwnedSpec } from "../action.ts";
import { unsupportedVersionOf } from "../builder/agentVersion.ts";
import { awaitedMessageOf, isHost } from "../builder/host.ts";
import { isDrainedByPerson, type Member, noAges } from "../builder/member.ts";
import { podName } from "../builder/pod.ts";
import { partitionIndexesOf } from "../builder/workerIndex.ts";
import { hostNamesOf } from "../hostNames.ts";
import type { ObservedPool } from "../observed.ts";
import { replicasFor } from "./places.ts";
import { holdsOrdinal, type Removal, type Removals } from "./removal.ts";
import type { Rollout } from "./rollout.ts";

/**
 * Plans the writes to Builder objects. Every wanted ordinal has a Builder before its pod starts, and every host of the
 * pool has a Builder before it joins. The Builder of an unwanted ordinal is deleted after its pod, and the Builder of
 * an unwanted host after its drain.
 */
export function planBuilders(
  observed: ObservedPool,
  { hostTarget }: Pick<Rollout, "hostTarget">,
  { places, all }: Removals,
): readonly Action[] {
  const { pool, members } = observed;
  const { name: poolName } = pool.metadata;
  const removalOf = new Map(all.map((removal) => [removal.member.name, removal]));
  const hosts = hostNamesOf(observed);
  const candidates = [...members, ...missingMembers(poolName, members, places), ...missingHosts(members, hosts)];
  const podCount = partitionSizeOf(all, places);
  const staying = all.filter((removal) => isHost(removal.member) && staysInPartition(removal));
  const outside = new Set([...hosts, ...staying.map(({ member }) => member.name)]);
  const indexOf = partitionIndexesOf(podCount, [...outside]);
  return candidates.flatMap((member) => {
    const { name, ordinal } = member;
    const removal = removalOf.get(name);
    if (isForgotten(member, removal, places)) return deleteBuilder(member, removal);
    const { explanation, ...wanted } = desiredOf(member, removal, observed);
    const isIndexed = ordinal === undefined ? outside.has(name) : ordinal < podCount;
    const index = isIndexed ? indexOf(name, ordinal) : presentIndexOf(member);
    const host = ordinal === undefined ? { external: true, revision: hostTarget } : { external: false };
    return applyBuilder(member, { pool: poolName, ...wanted, ...index, ...host }, explanation);
  });
}

function isForgotten({ ordinal, pod }: Member, removal: Removal | undefined, places: number): boolean {
  if (ordinal !== undefined) return ordinal >= places && pod === undefined;
  return removal !== undefined && !removal.returns && (removal.step === "Remove" || removal.step === "Force");
}

/** The desired state of a builder, with the explanation of a change to this state. */
function desiredOf(
  member: Member,
  removal: Removal | undefined,
  { pool, version }: Pick<ObservedPool, "pool" | "version">,
): Pick<OwnedSpec, "desired" | "drainReason" | "end"> & { readonly explanation: Explanation } {
  const { name, builder, status } = member;
  if (removal !== undefined && (mustDrain(removal) || builder?.spec.desired === "Drain")) {
    const { drainReason, message } = removal.reason;
    return { desired: "Drain", drainReason, ...endOf(removal), explanation: draining(message) };
  }
  if (isDrainedByPerson(member)) {
    const message = `"${name}" drains because a person requested it; without the annotation ${drainAnnotation} it builds again`;
    return { desired: "Drain", drainReason: "Asked", explanation: draining(message) };
  }
  const unsupported = unsupportedVersionOf(member, version);
  if (unsupported !== undefined) {
    const explanation: Explanation = { reason: "HostUnsupported", message: unsupported };
    return { desired: "Drain", drainReason: "Version", explanation };
  }
  if (isHost(member) && builder === undefined) {
    const awaited = awaitedMessageOf(name, pool.metadata.namespace);
    return { desired: "Active", explanation: { reason: "HostAwaited", message: awaited } };
  }
  const message = `"${name}" accepts builds again`;
  // A builder that returns as a new pod or process already had an Event of its restart.
  const isRestarted = status === undefined || builder?.spec.end !== undefined;
  return { desired: "Active", explanation: { reason: isRestarted ? "AsDesired" : "BuilderReleased", message } };
}

/** The process of a host ends itself, and its service manager starts another. A host that leaves is not ended. */
function endOf({ member, returns }: Removal): Pick<OwnedSpec, "end"> {
  const { incarnation } = member.status ?? {};
  return isHost(member) && returns && incarnation !== undefined ? { end: incarnation } : {};
}

/**
 * A builder that leaves cold may have to wait for higher ordinals. It drains, so that it does not become ready
 * meanwhile. A host drains before its process ends.
 */
function mustDrain({ step, returns, member }: Removal): boolean {
  return step === "Drain" || (step === "Remove" && (!returns || isHost(member)));
}

function draining(message: string): Explanation {
  return { reason: "BuilderDraining", message };
}

/** The number of ordinals in the partition: the wanted ones, and higher ones that the budget still keeps at work. */
function partitionSizeOf(all: readonly Removal[], places: number): number {
  const active = all.filter(staysInPartition);
  return replicasFor(
    places,
    active.map(({ member }) => member),
  );
}

/** Whether a builder that leaves still builds, because the budget keeps it at work. */
function staysInPartition(removal: Removal): boolean {
  const { returns, step, member } = removal;
  return !returns && holdsOrdinal(removal) && step === "Wait" && member.builder?.spec.desired !== "Drain";
}

function missingHosts(members: readonly Member[], hosts: readonly string[]): readonly Member[] {
  const existing = new Set(members.map(({ name }) => name));
  return hosts.filter((name) => !existing.has(name)).map((name) => ({ name, phase: "Pending" as const, ages: noAges }));
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
  const isDesiredChanged = present?.desired !== spec.desired && (present !== undefined || spec.external);
  const indexed: Explanation = {
    reason: "AsDesired",
    message: `"${name}" has worker index ${spec.workerIndex} of ${spec.poolSize}`,
  };
  return [{ do: "applyBuilder", name, spec, ...(isDesiredChanged ? explanation : indexed) }];
}

function deleteBuilder({ name, builder }: Member, removal: Removal | undefined): readonly Action[] {
  if (builder === undefined || builder.metadata.deletionTimestamp !== undefined) return [];
  if (removal === undefined) {
    const message = `Deletes the Builder "${name}", since its pod is gone`;
    return [{ do: "deleteBuilder", name, reason: "AsDesired", message }];
  }
  const late = removal.step === "Force" ? "; it did not drain within spec.update.drainTimeout" : "";
  const message = `${removal.reason.message}; its Builder and its account are deleted${late}`;
  return [{ do: "deleteBuilder", name, reason: removal.reason.reason, message }];
}

const ownedFields = [
  "pool",
  "desired",
  "drainReason",
  "workerIndex",
  "poolSize",
  "external",
  "revision",
  "end",
] as const satisfies readonly (keyof OwnedSpec)[];
