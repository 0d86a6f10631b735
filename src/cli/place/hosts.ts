import type { ObjectStore } from "../../store/objectStore.ts";
import { CommandError, exitCodes } from "../exit.ts";

/** The error for a host that no pool has. It lists the hosts, each with its pool. */
export async function unknownHost(store: ObjectStore, name: string): Promise<CommandError> {
  const [pools, builders] = [await store.list("BuilderPool"), await store.list("Builder")];
  const hosts = new Map([
    ...pools.flatMap(({ metadata, spec }) =>
      (spec.external?.names ?? []).map((host) => [host, metadata.name] as const),
    ),
    ...builders.flatMap(({ metadata, spec }) => (spec.external ? [[metadata.name, spec.pool] as const] : [])),
  ]);
  const known = [...hosts].map(([host, pool]) => `${host} (pool ${pool})`).toSorted();
  const isPod = builders.some(({ metadata }) => metadata.name === name);
  const what = isPod ? `${name} is a pod, not a host` : `no pool has a host ${name}`;
  return new CommandError(
    exitCodes.usage,
    `${what}; there ${known.length === 1 ? "is" : "are"}: ${known.join(", ") || "none"}; add it to spec.external.names of a pool`,
  );
}
