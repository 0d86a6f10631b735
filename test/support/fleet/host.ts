import type { Build } from "../../../src/api/objects/build.ts";
import type { Builder, BuilderPhase } from "../../../src/api/objects/builder.ts";
import type { Holder } from "../../../src/core/build/state.ts";
import { isActive } from "../../../src/core/partition/active.ts";
import { createPreference, type Preference } from "../../../src/core/partition/preference.ts";
import { aBuilder } from "../objects/builder.ts";

/** A process that builds. */
export interface Process {
  readonly build: Build;
  readonly holder: Holder;
  readonly isWarm: boolean;
  readonly startedAt: number;
  /** Since the request was raised. */
  readonly waited: number;
}

/** Why a process that builds came to its end. */
export type Ending = "verdict" | "superseded" | "preempted" | "drained" | "crashed" | "cut off";

/** Where a builder lives. */
export interface Host {
  builder: Builder;
  preference: Preference;
  /** The running build, or one that ended while the host was cut off. */
  process: Process | undefined;
  /** Moment since which no write of it arrives. */
  cutAt: number | undefined;
  hasEnded: boolean;
  /** Since when its process knows the queue. */
  bornAt: number;
  readonly trees: Map<string, number>;
}

/** With a builder that is Ready. */
export function createHost(name: string, bornAt: number): Host {
  return {
    builder: aBuilder(name),
    preference: createPreference(name),
    process: undefined,
    cutAt: undefined,
    hasEnded: false,
    bornAt,
    trees: new Map(),
  };
}

export function canStart(host: Host): boolean {
  return host.process === undefined && host.cutAt === undefined && isActive(host.builder);
}

export function setPhase(host: Host, phase: BuilderPhase): void {
  const { builder } = host;
  if (builder.status !== undefined) host.builder = { ...builder, status: { ...builder.status, phase } };
}
