import type { Build } from "../../../src/api/objects/build.ts";
import type { Builder, BuilderPhase, BuilderStatus } from "../../../src/api/objects/builder.ts";
import type { Holder } from "../../../src/core/build/state.ts";
import { isActive } from "../../../src/core/partition/active.ts";
import { createPreference, type Preference } from "../../../src/core/partition/preference.ts";
import { aBuilder } from "../objects/builder.ts";

/** A running build. */
export interface Process {
  readonly build: Build;
  readonly holder: Holder;
  readonly isWarm: boolean;
  readonly startedAt: number;
  /** Milliseconds between request and start. */
  readonly waited: number;
}

/** The reason why a running build ended. */
export type Ending = "verdict" | "superseded" | "preempted" | "drained" | "crashed" | "cut off";

/** A builder and its local state. */
export interface Host {
  builder: Builder;
  preference: Preference;
  /** The running build, or a build that ended while the host was cut off. */
  process: Process | undefined;
  /** The time since when its writes are lost. */
  cutAt: number | undefined;
  hasEnded: boolean;
  /** The start of its process. */
  bornAt: number;
  readonly trees: Map<string, number>;
  /** Number of times that the trees were thrown away, and of refuted streaks of red verdicts. */
  generation: number;
  refuted: number;
}

/** Creates a host with a Ready builder. */
export function createHost(name: string, bornAt: number): Host {
  return {
    builder: aBuilder(name),
    preference: createPreference(name),
    process: undefined,
    cutAt: undefined,
    hasEnded: false,
    bornAt,
    trees: new Map(),
    generation: 0,
    refuted: 0,
  };
}

export function canStart(host: Host): boolean {
  return host.process === undefined && host.cutAt === undefined && isActive(host.builder);
}

export function setPhase(host: Host, phase: BuilderPhase): void {
  const { builder } = host;
  if (builder.status !== undefined) host.builder = { ...builder, status: { ...builder.status, phase } };
}

export function setLastVerdict(host: Host, lastVerdict: NonNullable<BuilderStatus["lastVerdict"]>): void {
  const { builder } = host;
  if (builder.status !== undefined) host.builder = { ...builder, status: { ...builder.status, lastVerdict } };
}
