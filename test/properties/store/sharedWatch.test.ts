import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDeliveredObjects, type Identified, type Reflected } from "../../../src/store/kubernetes/watch/known.ts";
import { createSharedWatch } from "../../../src/store/kubernetes/watch/shared.ts";
import { settled } from "../../support/fakeClock.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("write" as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sync" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("join" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("read" as const), who: fc.nat(1), times: fc.nat(5) }) },
);

/** A watch fed by the test: delivers its items in order. */
function aFeed() {
  const waiting: Reflected<Identified>[] = [];
  let wake = () => {};
  return {
    tell(...changes: Reflected<Identified>[]) {
      waiting.push(...changes);
      wake();
    },
    async *follow({ signal }: { signal: AbortSignal }) {
      signal.addEventListener("abort", () => wake());
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

describe("a shared watch", () => {
  it("brings every reader to the existing objects, at any speed and from any start", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const feed = aFeed();
        const shared = createSharedWatch<Identified>(feed.follow);
        const server = createDeliveredObjects<Identified>();
        const exists = new Map<string, Identified>();
        const stop = new AbortController();
        const readers: {
          changes: AsyncGenerator<Reflected<Identified>>;
          folded: Map<string, string>;
          isSynced: boolean;
        }[] = [];
        let version = 0;

        const join = () =>
          readers.push({ changes: shared.read({ signal: stop.signal }), folded: new Map(), isSynced: false });

        async function read(reader: (typeof readers)[number] | undefined): Promise<boolean> {
          if (reader === undefined) return false;
          const { folded, changes } = reader;
          const { value } = await changes.next();
          if (value === undefined) return true;
          if (value.type === "Synced") {
            expect([...value.names].sort()).toEqual([...folded.keys()].sort());
            reader.isSynced = true;
            return true;
          }
          const { metadata } = value.object;
          // Added is for objects unknown to the reader, Modified and Deleted for known objects.
          expect(folded.get(metadata.name)?.split(" ")[0]).toBe(value.type === "Added" ? undefined : metadata.uid);
          if (value.type === "Deleted") folded.delete(metadata.name);
          else folded.set(metadata.name, `${metadata.uid} ${metadata.resourceVersion}`);
          return true;
        }

        /** Reads until the next read would wait. */
        async function readAll(reader: (typeof readers)[number]): Promise<void> {
          const marker = `marker-${version++}`;
          const object = { metadata: { name: marker, uid: marker, resourceVersion: "1" } };
          exists.set(marker, object);
          feed.tell(...server.set(object), { type: "Synced", names: new Set(exists.keys()) });
          await settled();
          while (!(reader.folded.has(marker) && reader.isSynced)) await read(reader);
        }

        join();
        for (const step of steps) {
          if (step.do === "join" && readers.length < 4) join();
          else if (step.do === "sync") feed.tell({ type: "Synced", names: new Set(exists.keys()) });
          else if (step.do === "write") {
            version += 1;
            const uid = exists.get(step.name)?.metadata.uid ?? `uid-${version}`;
            const object = { metadata: { name: step.name, uid, resourceVersion: `${version}` } };
            exists.set(step.name, object);
            feed.tell(...server.set(object));
          } else if (step.do === "delete") {
            exists.delete(step.name);
            feed.tell(...server.remove(step.name));
          } else if (step.do === "read") {
            const reader = readers[step.who];
            for (let turn = 0; reader !== undefined && turn < step.times && exists.size > reader.folded.size; turn += 1)
              await read(reader);
          }
        }
        for (const reader of readers) await readAll(reader);
        for (const reader of readers) {
          reader.isSynced = false;
          await readAll(reader);
          const expected = [...exists].map(
            ([name, { metadata }]) => `${name} ${metadata.uid} ${metadata.resourceVersion}`,
          );
          const found = [...reader.folded].map(([name, object]) => `${name} ${object}`);
          expect(found.sort()).toEqual(expected.sort());
        }
        stop.abort();
        for (const { changes } of readers) while (!(await changes.next()).done);
      }),
      { numRuns: 200 },
    );
  });
});
