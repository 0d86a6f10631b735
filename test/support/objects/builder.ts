import type { Builder, BuilderSpec, BuilderStatus } from "../../../src/api/objects/builder.ts";
import { apiVersion } from "../../../src/api/objects/group.ts";
import { created, meta } from "./stored.ts";

/** A Ready builder. */
export function aBuilder(name: string, status: Partial<BuilderStatus> = {}, spec: Partial<BuilderSpec> = {}): Builder {
  const incarnation = `${name}-1`;
  return {
    apiVersion,
    kind: "Builder",
    metadata: meta(name),
    spec: { pool: "o2", desired: "Active", external: false, workerIndex: Number(name.split("-").at(-1)), ...spec },
    status: {
      phase: "Ready",
      incarnation,
      revision: "r1",
      warm: { incarnation, revision: "r1", at: created },
      ...status,
    },
  };
}

export const builders = (count: number) => Array.from({ length: count }, (_, index) => aBuilder(`o2-${index}`));
