import type { LogStore } from "../logs/logStore.ts";
import type { ObjectStore } from "../store/objectStore.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import type { Cells } from "./cells/cells.ts";
import type { Mirrors } from "./git/mirrors.ts";

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
   * Root of the cell's folders, the sandbox when absent. In a pod the cell's container mounts only this part of the
   * volume.
   */
  readonly work?: string;
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
   * User of the cells, the new owner of the work area. Absent when cells run as the builder's user or share its group.
   */
  readonly cellUser?: { readonly uid: number; readonly gid: number };
  /** Shared by all builders of the machine. */
  readonly mirrors: Mirrors;
  readonly cells: Cells;
  readonly versions?: Readonly<Record<string, string>>;
  /** Called when the builder becomes Ready and when it stops being Ready. The pod's readiness probe uses it. */
  readonly onReady?: (ready: boolean) => void;
}
