import { isDeepStrictEqual } from "node:util";
import type { BuilderStatus } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { type HostAction, planAccount } from "../../core/pool/host/plan.ts";
import { retryOnConflict } from "../../store/write.ts";
import { emitEvent, type KnownBuilders } from "./apply.ts";
import type { HostAccounts } from "./hostAccounts.ts";
import type { PoolWorld } from "./world.ts";

/**
 * Brings the accounts of all hosts of a pool up to date. A failure of one host does not delay the others. Throws the
 * first failure at the end.
 */
export async function reconcileHosts(
  world: PoolWorld,
  pool: Stored<"BuilderPool">,
  builders: readonly Stored<"Builder">[],
  known: KnownBuilders,
): Promise<void> {
  const { accounts } = world;
  const hosts = builders.filter(({ spec }) => spec.external && spec.pool === pool.metadata.name);
  if (accounts === undefined || hosts.length === 0) return;
  const secrets = await accounts.secrets(pool);
  const results = await Promise.allSettled(
    hosts.map(async (builder) => {
      const account = await accounts.observe(builder);
      const observed = { builder, namespace: accounts.namespace, secrets, ...(account && { account }) };
      for (const action of planAccount(observed)) await act(world, accounts, builder, action, known);
    }),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function act(
  world: PoolWorld,
  accounts: HostAccounts,
  builder: Stored<"Builder">,
  action: HostAction,
  known: KnownBuilders,
): Promise<void> {
  const { name, uid } = builder.metadata;
  const { pool } = builder.spec;
  switch (action.do) {
    case "applyObject":
      return accounts.apply(action.manifest, pool);
    case "endAccount":
      await accounts.end(builder, action.uid);
      if (action.reason === "AsDesired") return;
      return emitEvent(world, pool, { reason: action.reason, message: action.message, object: `Builder/${name}` });
    case "annotate": {
      const change = (current: Stored<"Builder">) =>
        current.metadata.uid === uid ? annotated(current, action.annotations) : undefined;
      const written = await retryOnConflict(world.store, "Builder", name, change, "object", builder);
      if (written !== undefined) known.wrote(written);
      return;
    }
    case "setAccount": {
      const change = (current: Stored<"Builder">) =>
        current.metadata.uid === uid ? withAccount(current, action.uid) : undefined;
      const written = await retryOnConflict(world.store, "Builder", name, change, "object", builder);
      if (written !== undefined) known.wrote(written);
      return;
    }
    case "awaitHost": {
      const change = (current: Stored<"Builder">) =>
        current.metadata.uid === uid ? awaiting(current, builder.status?.podUid, action.status) : undefined;
      await retryOnConflict(world.store, "Builder", name, change, "status", builder);
      return;
    }
  }
  return action satisfies never;
}

function annotated(
  builder: Stored<"Builder">,
  annotations: Readonly<Record<string, string | undefined>>,
): Stored<"Builder"> | undefined {
  const entries = Object.entries({ ...builder.metadata.annotations, ...annotations });
  const kept = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const next = Object.fromEntries(kept);
  const isSame = isDeepStrictEqual(next, builder.metadata.annotations ?? {});
  return isSame ? undefined : { ...builder, metadata: { ...builder.metadata, annotations: next } };
}

function withAccount(builder: Stored<"Builder">, uid: string | undefined): Stored<"Builder"> | undefined {
  const { account, ...rest } = builder.spec;
  return account === uid ? undefined : { ...builder, spec: { ...rest, ...(uid !== undefined && { account: uid }) } };
}

/** A host that joined meanwhile has reported with another account, and its status stays. */
function awaiting(
  current: Stored<"Builder">,
  observed: string | undefined,
  status: BuilderStatus,
): Stored<"Builder"> | undefined {
  return current.status?.podUid === observed && !isDeepStrictEqual(current.status, status)
    ? { ...current, status }
    : undefined;
}
