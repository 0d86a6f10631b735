import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { ObservedHost } from "../../core/pool/host/plan.ts";
import type { Manifest } from "../../core/pool/manifest/manifest.ts";

/** The accounts of the hosts outside the cluster. Only a cluster has them. */
export interface HostAccounts {
  readonly namespace: string;
  /** The ServiceAccount of the host; undefined if there is none. Rejects when the state cannot be read. */
  observe(builder: Stored<"Builder">): Promise<ObservedHost["account"]>;
  /** Secrets that allow their use by builders of the pool. Rejects when no answer is known. */
  secrets(pool: BuilderPool): Promise<readonly string[]>;
  /** Writes a missing or changed object. Throws when another owner has its name. */
  apply(manifest: Manifest, pool: string): Promise<void>;
  /** Deletes the ServiceAccount with this UID; does nothing for another UID. */
  end(builder: Stored<"Builder">, uid: string): Promise<void>;
  /** Calls `listener` with the pool of each changed object. */
  onChange(listener: (pool: string) => void): void;
}
