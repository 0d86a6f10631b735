import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
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
  function readRow(sql: DatabaseSync, pool: string): { readonly spec: unknown } {
    return JSON.parse(String(sql.prepare("SELECT body FROM object WHERE name = ?").get(pool)?.["body"]));
  }
  function withFile<T>(act: (sql: DatabaseSync) => T): T {
    const sql = new DatabaseSync(join(folder, "store.db"));
    try {
      return act(sql);
    } finally {
      sql.close();
    }
  }
  return {
    store,
    newer: {
      write: async (pool, spec) =>
        withFile((sql) => {
          const body = JSON.stringify({ ...readRow(sql, pool), spec });
          sql.prepare("UPDATE object SET body = ? WHERE name = ?").run(body, pool);
        }),
      read: async (pool) => withFile((sql) => readRow(sql, pool).spec),
    },
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
