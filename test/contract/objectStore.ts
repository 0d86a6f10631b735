import { afterEach, beforeEach, describe } from "vitest";
import type { ObjectStore } from "../../src/store/objectStore.ts";
import { describeDeletion } from "./deletion.ts";
import { describeReading } from "./reading.ts";
import { describeWatching } from "./watching.ts";
import { describeWriting } from "./writing.ts";

export interface Opened {
  readonly store: ObjectStore;
  /** The same objects through a new connection, where the store can be closed and opened. */
  readonly reopen?: () => Promise<ObjectStore>;
  readonly close: () => Promise<void>;
}

/** What a test asks for: the store of this test. */
export type Subject = () => Opened;

/**
 * What every ObjectStore does, the API server of a cluster included. `open` gives a store with no objects in its namespace. The
 * facts use the interface alone and wait for what they expect; nothing depends on how quick a store is.
 */
export function describeObjectStore(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    describeReading(() => opened);
    describeWriting(() => opened);
    describeDeletion(() => opened);
    describeWatching(() => opened);
  });
}
