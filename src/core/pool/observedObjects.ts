import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { poolChecksOf } from "../definitions/checks.ts";
import { membersOf } from "./builder/member.ts";
import { ordinalOf, type Pod } from "./builder/pod.ts";
import type { ObservedPool } from "./observed.ts";

/**
 * A pool as far as its objects show it, for a reader without pods. Heartbeat ages are unknown, so no builder counts as
 * stuck.
 */
export function observedObjects(pool: BuilderPool, builders: readonly Builder[]): ObservedPool {
  const { name } = pool.metadata;
  const { status } = pool;
  const { revision } = status ?? {};
  const pods = revision === undefined ? [] : builders.flatMap((builder) => podOf(name, builder, revision));
  const replicas = Math.max(0, ...pods.map(({ ordinal }) => ordinal + 1));
  return {
    pool,
    members: membersOf(name, pods, builders),
    ...(revision !== undefined && { workload: { replicas, revision } }),
    listings: status?.listings ?? [],
    definitions: { broken: poolChecksOf(pool).broken, conflicts: [] },
    unsettled: 0,
    deletingFor: 0,
  };
}

/**
 * The pod of a Builder. A Builder exists before its pod starts, and is deleted after the pod is gone. A pod without a
 * status is starting, at the revision of the pool.
 */
function podOf(pool: string, { metadata, spec, status }: Builder, revision: string): readonly Pod[] {
  const ordinal = ordinalOf(pool, metadata.name);
  if (ordinal === undefined || spec.external || metadata.deletionTimestamp !== undefined) return [];
  return [
    {
      name: metadata.name,
      pool,
      ordinal,
      uid: status?.podUid ?? `unknown-${metadata.name}`,
      revision: status?.podUid === undefined ? revision : (status.revision ?? revision),
      terminating: false,
      ended: false,
    },
  ];
}
