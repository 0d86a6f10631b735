import type { Build } from "../api/objects/build.ts";
import type { Builder } from "../api/objects/builder.ts";
import type { ResolvedCheck } from "../api/objects/check.ts";
import type { BuilderPool } from "../api/objects/pool.ts";
import type { InfrastructureReason } from "../api/objects/reasons.ts";
import type { Preference } from "../core/partition/preference.ts";
import type { Cache } from "../store/watch/cache.ts";
import type { Wake } from "../system/wake.ts";
import type { Settings } from "./config/config.ts";
import type { Sandbox } from "./config/sandbox.ts";
import type { Heartbeat } from "./report/heartbeat.ts";
import type { Topic } from "./report/notes.ts";
import type { Outbox } from "./report/outbox.ts";
import type { OwnStatus } from "./report/ownStatus.ts";
import type { BuilderWorld } from "./world.ts";

/** What the parts of one builder share while it lives. */
export interface Brain {
  readonly world: BuilderWorld;
  readonly sandbox: Sandbox;
  readonly status: OwnStatus;
  readonly heartbeat: Heartbeat;
  readonly outbox: Outbox;
  /** Rung at every change of a Build, Builder or pool, at every heartbeat, and when `config/` changed. */
  readonly wake: Wake;
  readonly builds: Cache<"Build">;
  readonly builders: Cache<"Builder">;
  readonly preference: Preference;
  /** Resolves when the caches show everything that existed. */
  readonly synced: Promise<void>;
  /** For how long this process has known the wanted request of that Build, in milliseconds. */
  readonly waited: (build: Pick<Build, "metadata" | "spec">) => number;
  /** Sets, or with undefined takes back, what the status says about a topic. */
  readonly setNote: (topic: Topic, text: string | undefined) => void;
  /** When all work areas were last cleaned, by the monotonic clock. */
  readonly cleaning: { last: number };
  /** Its own Builder object. */
  self(): Builder | undefined;
  pool(): BuilderPool | undefined;
  /** The valid checks of the pool, with the time limits that hold here. */
  checks(): readonly ResolvedCheck[];
  settings(): Settings;
  /** Reads `config/` again; never fails. */
  refresh(): Promise<void>;
  /** Id for an order, never used before on this machine. */
  nextId(): string;
  /** Remembers versions that a cell found, for the status. */
  recordVersions(versions: Readonly<Record<string, string>> | undefined): void;
  /** Rings the wake and calls the listeners. */
  changed(): void;
  /** Calls `listener` after every change the wake is rung for, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** Why a build, or a warm-up, is stopped by its own builder. The message is one sentence for people. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly reason: InfrastructureReason;
  constructor(reason: InfrastructureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
