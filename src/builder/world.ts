import type { BuilderStatus } from "../api/objects/builder.ts";
import type { LogStore } from "../logs/logStore.ts";
import type { ObjectStore } from "../store/objectStore.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import type { CellOwners } from "./areas/owner.ts";
import type { Cells } from "./cells/cells.ts";
import type { Mirrors } from "./git/mirrors.ts";

/** Decides when the tool chain of a builder must be proved again, because its machine may have changed. */
export interface Proofs {
  /** Returns the reason as a clause, undefined while the last proof is good. A claim needs a recent proof. */
  due(isBeforeClaim: boolean): Promise<string | undefined>;
  /** Records that the self-test of every tool chain passed. */
  passed(): Promise<void>;
}

/** Inputs of one builder: its identity, the object store, the log store, the cells and its folders. */
export interface BuilderWorld {
  readonly name: string;
  /** Name of its pool. */
  readonly pool: string;
  readonly revision: string;
  /** Identifies this process. Every restart of the builder gets another incarnation. */
  readonly incarnation: string;
  readonly podUid: string;
  readonly host: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly logs: LogStore;
  /** Absolute path of a directory that only this builder uses. `sandbox.ts` has its layout. */
  readonly sandbox: string;
  /**
   * Folder of the Secrets for builds (`spec.cellSecrets`), as the cell sees it. Each Secret has a subfolder with its
   * name.
   */
  readonly secrets?: string;
  /**
   * The work area has its own disk, so `cleanup.minFree` applies unchanged. Otherwise cleanup keeps at most a tenth of
   * the disk free.
   */
  readonly ownVolume?: boolean;
  /**
   * Users of the cells, the owners of their folders. Absent when cells run as the builder's user or share its group.
   */
  readonly owners?: CellOwners;
  /** Shared by all builders of the machine. */
  readonly mirrors: Mirrors;
  readonly cells: Cells;
  readonly versions?: Readonly<Record<string, string>>;
  /** Hash of the machine of an outside host. */
  readonly machine?: string;
  /** When an outside host must prove its tool chain again. A pod proves it in each warm-up alone. */
  readonly proofs?: Proofs;
  /** Called when the builder becomes Ready and when it stops being Ready. The pod's readiness probe uses it. */
  readonly onReady?: (ready: boolean) => void;
  /** Called after each change of the builder's own status. */
  readonly onStatus?: (status: BuilderStatus) => void;
  /**
   * Called before and after each heartbeat, with the error of the last one. Not connected: the builder may start no
   * build.
   */
  readonly onHeartbeat?: (isConnected: boolean, error: unknown) => void;
}
