import type { Builder, BuilderSpec, BuilderStatus } from "../../../src/api/objects/builder.ts";
import { apiVersion } from "../../../src/api/objects/group.ts";
import { isHostName } from "../../../src/api/values/hostName.ts";
import { created, meta } from "./stored.ts";

/** A Ready builder: a pod, or an outside host if the name cannot be a pod's. */
export function aBuilder(name: string, status: Partial<BuilderStatus> = {}, spec: Partial<BuilderSpec> = {}): Builder {
  const incarnation = `${name}-1`;
  const place = isHostName(name)
    ? { external: true, account: `account-of-${name}` }
    : { external: false, workerIndex: Number(name.split("-").at(-1)) };
  return {
    apiVersion,
    kind: "Builder",
    metadata: meta(name),
    spec: { pool: "o2", desired: "Active", ...place, ...spec },
    status: {
      phase: "Ready",
      incarnation,
      revision: "r1",
      ...(isHostName(name) && { podUid: `account-of-${name}` }),
      warm: { incarnation, revision: "r1", at: created },
      ...status,
    },
  };
}

export const builders = (count: number) => Array.from({ length: count }, (_, index) => aBuilder(`o2-${index}`));
