import { afterEach, beforeEach, describe } from "vitest";
import type { ObjectStore } from "../../src/store/objectStore.ts";
import { describeDeletion } from "./deletion.ts";
import { describeFirstStatus } from "./firstStatus.ts";
import { describeNewer } from "./newer.ts";
import { describeReading } from "./reading.ts";
import { describeWatching } from "./watching.ts";
import { describeWriting } from "./writing.ts";

export interface Opened {
  readonly store: ObjectStore;
  /** Closes the store and opens it again with the same objects; absent if the store cannot do this. */
  readonly reopen?: () => Promise<ObjectStore>;
  /** Reads and writes the stored spec of a pool, as a newer version would; absent if the test has no such access. */
  readonly newer?: {
    readonly write: (pool: string, spec: object) => Promise<void>;
    readonly read: (pool: string) => Promise<unknown>;
  };
  readonly close: () => Promise<void>;
}

/** Returns the store of the running test. */
export type Subject = () => Opened;

/**
 * The contract of every ObjectStore, the API server of a cluster included. `open` returns a store with an empty
 * namespace. The tests use only the interface and wait for the expected state: no test depends on the store's speed.
 */
export function describeObjectStore(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    describeReading(() => opened);
    describeNewer(() => opened);
    describeFirstStatus(() => opened);
    describeWriting(() => opened);
    describeDeletion(() => opened);
    describeWatching(() => opened);
  });
}
