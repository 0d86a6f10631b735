import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Build } from "../../../src/api/objects/build.ts";
import { Builder } from "../../../src/api/objects/builder.ts";

/** One write of an object in the database. Builds and Builders share one order. */
export type Recorded =
  | { readonly kind: "Build"; readonly object: Build }
  | { readonly kind: "Builder"; readonly object: Builder };

export interface Recorder {
  /** The objects at the call of `record`, and every later write of any process. */
  writes(): readonly Recorded[];
  builds(): readonly Build[];
  close(): void;
}

/** Records every state of every Build and Builder with triggers in the store's database, so that no state is missed. */
export function record(workDir: string): Recorder {
  const database = new DatabaseSync(join(workDir, "store.db"), { timeout: 5000 });
  database.exec(`
    CREATE TABLE recorded (at INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
    INSERT INTO recorded (kind, body) SELECT kind, body FROM object WHERE kind IN ('Build', 'Builder');
    CREATE TRIGGER record_insert AFTER INSERT ON object WHEN new.kind IN ('Build', 'Builder')
      BEGIN INSERT INTO recorded (kind, body) VALUES (new.kind, new.body); END;
    CREATE TRIGGER record_update AFTER UPDATE ON object WHEN new.kind IN ('Build', 'Builder')
      BEGIN INSERT INTO recorded (kind, body) VALUES (new.kind, new.body); END`);
  const recorded = database.prepare("SELECT kind, body FROM recorded ORDER BY at");
  const present = database.prepare("SELECT body FROM object WHERE kind = 'Build' ORDER BY name");
  return {
    writes: () => recorded.all().map(({ kind, body }) => parse(String(kind), JSON.parse(String(body)))),
    builds: () => present.all().map(({ body }) => Build.parse(JSON.parse(String(body)))),
    close: () => database.close(),
  };
}

function parse(kind: string, document: unknown): Recorded {
  return kind === "Build"
    ? { kind, object: Build.parse(document) }
    : { kind: "Builder", object: Builder.parse(document) };
}
