import type { Build } from "../api/objects/build.ts";
import type { Builder } from "../api/objects/builder.ts";
import type { ResolvedCheck } from "../api/objects/check.ts";
import type { BuilderPool } from "../api/objects/pool.ts";
import type { InfrastructureReason } from "../api/objects/reasons.ts";
import type { Preference } from "../core/partition/preference.ts";
import type { Cache } from "../store/watch/cache.ts";
import type { TimedWake } from "../system/wake.ts";
import type { Areas } from "./areas/areas.ts";
import type { Settings } from "./config/config.ts";
import type { Sandbox } from "./config/sandbox.ts";
import type { Heartbeat } from "./report/heartbeat.ts";
import type { Topic } from "./report/notes.ts";
import type { Outbox } from "./report/outbox.ts";
import type { OwnStatus } from "./report/ownStatus.ts";
import type { BuilderWorld } from "./world.ts";

/** State and services that the parts of one builder share. */
export interface Brain {
  readonly world: BuilderWorld;
  readonly sandbox: Sandbox;
  readonly areas: Areas;
  readonly status: OwnStatus;
  readonly heartbeat: Heartbeat;
  readonly outbox: Outbox;
  /** Rung at every change of a Build, Builder or pool, and at every heartbeat. */
  readonly wake: TimedWake;
  readonly builds: Cache<"Build">;
  readonly builders: Cache<"Builder">;
  readonly preference: Preference;
  /** Resolves when the caches have listed all objects. */
  readonly synced: Promise<void>;
  /** Milliseconds since this process first saw the current request of the Build. */
  readonly waited: (build: Pick<Build, "metadata" | "spec">) => number;
  /** Sets the note about a topic in the status message. Undefined removes the note. */
  readonly setNote: (topic: Topic, text: string | undefined) => void;
  /** Start of this process, and the last cleaning of each check's base by check name, on the monotonic clock. */
  readonly cleaning: { readonly bornAt: number; readonly last: Map<string, number> };
  /** The builder's own object. */
  self(): Builder | undefined;
  pool(): BuilderPool | undefined;
  /** The valid checks of the pool. Time limits from `config/` replace the limits of the pool. */
  checks(): readonly ResolvedCheck[];
  settings(): Settings;
  /** Whether this builder is silent by itself: by its object, its file or as a canary, whatever the pool says. */
  isSilent(): boolean;
  /** Reads `config/` again. Never rejects. */
  refresh(): Promise<void>;
  /** A new order id, unique on this machine. */
  nextId(): string;
  /** Adds tool versions found by a cell to the status. */
  recordVersions(versions: Readonly<Record<string, string>> | undefined): void;
  /** Rings the wake and calls all listeners. */
  notify(): void;
  /** Calls `listener` after every notify. The returned function unsubscribes. */
  onChange(listener: () => void): () => void;
}

/** The builder stopped its own build or warm-up. The message is one sentence for people. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  readonly reason: InfrastructureReason;
  constructor(reason: InfrastructureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** All Builders of the pool. The builder's own status is newer than its object. */
export function poolBuildersOf({ world, builders, status }: Brain): readonly Builder[] {
  const own = builders.list().filter(({ spec }) => spec.pool === world.pool);
  return own.map((builder) => (builder.metadata.name === world.name ? { ...builder, status: status.get() } : builder));
}
