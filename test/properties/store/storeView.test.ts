import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/store/embedded/database.ts";
import { createObjects } from "../../../src/store/embedded/objects.ts";
import { prepareRows } from "../../../src/store/embedded/rows.ts";
import { createWatchView } from "../../../src/store/embedded/view.ts";
import { aBuilder } from "../../contract/objects.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("write" as const), name, pool: fc.constantFrom("o2", "other") }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("read" as const) }) },
);

describe("a watcher's view", () => {
  it.each([undefined, { labels: { pool: "o2" } }])(
    "brings a reader to the existing objects after any gaps and compactions (selector %j)",
    (selector) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const database = openDatabase(":memory:");
          const rows = prepareRows(database.sql);
          const objects = createObjects(rows, () => "2026-01-01T00:00:00Z");
          const folded = new Map<string, string>();
          let writes = 0;
          let view: ReturnType<typeof createWatchView<"Builder">> | undefined;

          function write(name: string, pool: string): void {
            writes += 1;
            const row = rows.find("Builder", name);
            const uid = row?.uid ?? `uid-${writes}`;
            const next = aBuilder(name, { uid, labels: { pool }, annotations: { write: `${writes}` } });
            if (row === undefined) objects.insert("Builder", next);
            else objects.replace(row, JSON.parse(row.body), next);
          }

          function read(): void {
            view ??= createWatchView(rows, "Builder", selector);
            for (const change of view.next().changes) {
              if (change.type === "Synced") {
                expect([...change.names].sort()).toEqual([...folded.keys()].sort());
                continue;
              }
              const { name, uid } = change.object.metadata;
              // Added is for objects unknown to the reader, Modified and Deleted for known objects.
              const expected = change.type === "Added" ? undefined : uid;
              expect(folded.get(name)?.split(" ")[0]).toBe(expected);
              if (change.type === "Deleted") folded.delete(name);
              else folded.set(name, `${uid} ${change.object.metadata.resourceVersion}`);
            }
          }

          for (const step of steps) {
            if (step.do === "write") write(step.name, step.pool);
            else if (step.do === "compact") rows.compact(0);
            else if (step.do === "read") read();
            else {
              const row = rows.find("Builder", step.name);
              if (row !== undefined) objects.remove(row);
            }
          }
          read();
          const existing = rows
            .all("Builder")
            .filter(({ body }) => selector === undefined || JSON.parse(body).metadata.labels.pool === "o2");
          expect([...folded].sort()).toEqual(existing.map((row) => [row.name, `${row.uid} ${row.version}`]).sort());
          expect(view?.next().changes).toEqual([]);
          database.close();
        }),
        { numRuns: 200 },
      );
    },
  );
});
