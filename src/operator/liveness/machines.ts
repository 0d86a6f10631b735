import type { Build } from "../../api/objects/build.ts";
import type { BuilderStatus } from "../../api/objects/builder.ts";
import type { Claim } from "./takeBack.ts";

/** The machines on which the processes of hosts run, as far as this operator has seen them. */
export interface Machines {
  record(builder: string, status: Pick<BuilderStatus, "incarnation" | "machine"> | undefined): void;
  /** Whether the process with the claim ran on the machine of the process that is registered now. */
  isSame(claim: Claim, now: string | undefined): boolean;
  /** Forgets processes that are neither registered nor hold a claim of `held`. */
  keep(held: readonly Build[]): void;
}

export function createMachines(): Machines {
  const registered = new Map<string, string>();
  /** By builder and incarnation. */
  const machines = new Map<string, string>();

  return {
    record(builder, status) {
      if (status?.machine === undefined) return;
      const key = keyOf(builder, status.incarnation);
      registered.set(builder, key);
      machines.set(key, status.machine);
    },
    isSame(claim, now) {
      const before = machines.get(keyOf(claim.builder, claim.incarnation));
      return before !== undefined && before === now;
    },
    keep(held) {
      const kept = new Set(registered.values());
      for (const { status } of held) if (status?.claim) kept.add(keyOf(status.claim.builder, status.claim.incarnation));
      for (const key of machines.keys()) if (!kept.has(key)) machines.delete(key);
    },
  };
}

function keyOf(builder: string, incarnation: string): string {
  return `${builder} ${incarnation}`;
}
