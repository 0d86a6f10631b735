import type { LogStore } from "../logs/logStore.ts";
import type { ObjectStore } from "../store/objectStore.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import type { Cells } from "./cells/cells.ts";
import type { Mirrors } from "./git/mirrors.ts";

/** What one builder is given: who it is, the bus, the log store, its hands, and its place on disk. */
export interface BuilderWorld {
  readonly name: string;
  /** Name of its pool. */
  readonly pool: string;
  readonly revision: string;
  /** Names this process among all that ever spoke for the builder. */
  readonly incarnation: string;
  readonly podUid: string;
  readonly host: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly logs: LogStore;
  /** Absolute directory of this builder alone; the sandbox's layout is in `sandbox.ts`. */
  readonly sandbox: string;
  /** Where the cell's folders lie when not in the sandbox itself: what a cell in a container of its own sees of the volume. */
  readonly work?: string;
  /** Where a cell finds the Secrets that the pool hands to builds (`spec.cellSecrets`), each in a folder of its name. */
  readonly secrets?: string;
  /** The work area has a disk of its own, so that `cleanup.minFree` is taken as it stands; elsewhere at most a tenth of the disk is kept free. */
  readonly ownVolume?: boolean;
  /** User the cells run as, who must be able to write the work area; absent when it is the builder's own, or of the same group. */
  readonly cellUser?: { readonly uid: number; readonly gid: number };
  /** Shared by all builders of the machine. */
  readonly mirrors: Mirrors;
  readonly cells: Cells;
  readonly versions?: Readonly<Record<string, string>>;
  /** Called at every change of whether the builder is Ready: the answer of the pod's readiness probe. */
  readonly onReady?: (ready: boolean) => void;
}
