import { apiVersion, poolLabel } from "../../../src/api/objects/group.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { hostAccountOf } from "../../../src/core/pool/host/account.ts";
import type { Resource } from "../../../src/store/kubernetes/client.ts";
import type { Installation, User } from "./installation.ts";
import { aPool, changePool } from "./pools.ts";
import { until } from "./until.ts";

export const serviceAccounts: Resource = { apiVersion: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };

/** The body of a token request. */
export function tokenRequest(name: string, spec: object) {
  return { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: { name }, spec };
}

/** Creates the pool `mac` with these hosts and without pods. The operator creates their Builders. */
export async function createHosts({ admin }: Installation, names: readonly string[], spec: object = {}): Promise<void> {
  await admin.store.create("BuilderPool", aPool("mac", { instances: 0, external: { names }, ...spec }));
}

/** Adds a host to the pool `mac`. */
export async function addHost(installation: Installation, name: string): Promise<void> {
  const pool = await installation.admin.store.get("BuilderPool", "mac");
  await changePool(installation, "mac", { external: { names: [...(pool?.spec.external?.names ?? []), name] } });
}

/** Creates the Builder of a host in a pool, as the operator does. */
export async function createBuilder(
  { store }: User,
  { metadata: { name: pool, uid } }: Stored<"BuilderPool">,
  name: string,
): Promise<Stored<"Builder">> {
  const owner = { apiVersion, kind: "BuilderPool", name: pool, uid, controller: true };
  const metadata = { name, labels: { [poolLabel]: pool }, ownerReferences: [owner] };
  const spec = { pool, desired: "Active", external: true } as const;
  return store.create("Builder", { apiVersion, kind: "Builder", metadata, spec });
}

/** Waits for the account of a host of the pool `mac`. Returns its UID. With `before`, waits for another UID. */
export function accountOf({ admin }: Installation, name: string, before?: string): Promise<string> {
  return until(`the account of ${name}`, async () => {
    const account = await admin.client.get(serviceAccounts, hostAccountOf(name, "mac"));
    return account?.metadata.uid === before ? undefined : account?.metadata.uid;
  });
}

/** A host of the pool `mac` with a token of its account. */
export async function aHost(installation: Installation, name: string) {
  const uid = await accountOf(installation, name);
  const user = await installation.as(hostAccountOf(name, "mac"));

  async function self(): Promise<Stored<"Builder">> {
    const found = await installation.admin.store.get("Builder", name);
    if (found === undefined) throw new Error(`no Builder ${name}`);
    return found;
  }

  await until(`the account in the Builder of ${name}`, async () => (await self()).spec.account === uid);
  return {
    ...user,
    name,
    account: hostAccountOf(name, "mac"),
    /** UID of the account. */
    uid,
    self,
    /** Writes a status as the agent of a machine. */
    async report(change: object = {}): Promise<Stored<"Builder">> {
      const [incarnation, revision] = [`run-${name}`, "r1"];
      const warm = { incarnation, revision, at: "2026-01-01T00:00:00Z" };
      const status = { phase: "Ready", incarnation, revision, warm, podUid: uid, ...change } as const;
      return user.store.updateStatus("Builder", { ...(await self()), status });
    },
  };
}
export type Host = Awaited<ReturnType<typeof aHost>>;
