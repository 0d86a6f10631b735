import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedStore } from "../../src/store/embedded/embedded.ts";
import { systemClock } from "../../src/system/clock.ts";
import { createLog } from "../../src/system/log.ts";
import { describeObjectStore } from "./objectStore.ts";

const log = createLog({ level: "silent" });

describeObjectStore("the embedded store", async () => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const open = () => openEmbeddedStore({ file: join(folder, "store.db"), clock: systemClock, log });
  const store = open();
  let last = store;
  return {
    store,
    reopen: async () => {
      last.close();
      last = open();
      return last;
    },
    close: async () => {
      last.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describeObjectStore("the embedded store in memory", async () => {
  const store = openEmbeddedStore({ file: ":memory:", clock: systemClock, log });
  return { store, close: async () => store.close() };
});
