import { describe, expect, it } from "vitest";
import { brief, follow, is } from "./follow.ts";
import type { Subject } from "./objectStore.ts";
import { aBuild, aBuilder, readyStatus } from "./objects.ts";

export function describeWatching(subject: Subject): void {
  describe("watch", () => {
    it("delivers existing objects, Synced, then changes in order", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      await store.create("Builder", aBuilder("o2-1"));
      await store.create("Build", aBuild("of-another-kind"));
      const builders = follow(store, "Builder");
      const initial = await builders.synced();
      await store.updateStatus("Builder", { ...created, status: readyStatus });
      const modified = await builders.until(is("Modified", "o2-0"));
      await store.create("Builder", aBuilder("o2-2"));
      const added = await builders.until(is("Added", "o2-2"));
      await store.delete("Builder", "o2-1");
      const deleted = await builders.until(is("Deleted", "o2-1"));
      await builders.stop();

      expect(initial.slice(0, -1).map(brief).sort()).toEqual(["Added o2-0", "Added o2-1"]);
      expect(initial.slice(-1).map(brief)).toEqual(["Synced o2-0 o2-1"]);
      expect([...modified, ...added, ...deleted].map(brief)).toEqual(["Modified o2-0", "Added o2-2", "Deleted o2-1"]);
    });

    it("is synced at once in an empty namespace", async () => {
      const builders = follow(subject().store, "Builder");

      expect((await builders.synced()).map(brief)).toEqual(["Synced"]);
      await builders.stop();
    });

    it("delivers the same objects as get", async () => {
      const { store } = subject();
      const builders = follow(store, "Builder");
      await builders.synced();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const added = (await builders.until(is("Added", "o2-0"))).at(-1);
      const ready = await store.updateStatus("Builder", { ...created, status: readyStatus });
      const modified = (await builders.until(is("Modified", "o2-0"))).at(-1);
      await builders.stop();

      expect(added).toEqual({ type: "Added", object: created });
      expect(modified).toEqual({ type: "Modified", object: ready });
    });

    it("delivers Deleted with the final state of the object", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const builders = follow(store, "Builder");
      await builders.synced();
      await store.updateStatus("Builder", { ...created, status: readyStatus });
      await store.delete("Builder", "o2-0");
      const deleted = (await builders.until(is("Deleted", "o2-0"))).at(-1);
      await builders.stop();

      expect(deleted).toMatchObject({ object: { metadata: { uid: created.metadata.uid }, status: readyStatus } });
    });

    it("may merge changes for a slow reader, but delivers the final state and every Deleted", async () => {
      const { store } = subject();
      let busy = await store.create("Builder", aBuilder("busy"));
      const first = await store.create("Builder", aBuilder("replaced"));
      const builders = follow(store, "Builder");
      await builders.synced();
      for (let turn = 1; turn <= 30; turn += 1)
        busy = await store.updateStatus("Builder", { ...busy, status: { ...readyStatus, message: `turn ${turn}` } });
      await store.delete("Builder", "replaced");
      const second = await store.create("Builder", aBuilder("replaced"));
      await store.create("Builder", aBuilder("last"));
      const read = await builders.until(is("Added", "last"));
      await builders.stop();

      expect(read.findLast(is("Modified", "busy"))).toEqual({ type: "Modified", object: busy });
      expect(read.filter((change) => brief(change).endsWith("replaced"))).toMatchObject([
        { type: "Deleted", object: { metadata: { uid: first.metadata.uid } } },
        { type: "Added", object: { metadata: { uid: second.metadata.uid } } },
      ]);
    });

    it("delivers Modified for an object with finalizers being deleted, and Deleted when it is gone", async () => {
      const { store } = subject();
      await store.create("Builder", aBuilder("o2-0", { finalizers: ["example.org/wait"] }));
      const builders = follow(store, "Builder");
      await builders.synced();
      await store.delete("Builder", "o2-0");
      const marked = await builders.until(is("Modified", "o2-0"));
      const current = await store.get("Builder", "o2-0");
      if (current === undefined) throw new Error("the marked builder is gone");
      await store.update("Builder", { ...current, metadata: { ...current.metadata, finalizers: [] } });
      const gone = await builders.until(is("Deleted", "o2-0"));
      await builders.stop();

      expect([...marked, ...gone].map(brief)).toEqual(["Modified o2-0", "Deleted o2-0"]);
    });

    it("delivers Added when an object starts to match the selector and Deleted when it stops", async () => {
      const { store } = subject();
      const inside = await store.create("Builder", aBuilder("inside", { labels: { pool: "o2" } }));
      const outside = await store.create("Builder", aBuilder("outside", { labels: { pool: "other" } }));
      const builders = follow(store, "Builder", { labels: { pool: "o2" } });
      const initial = await builders.synced();
      await store.update("Builder", { ...inside, metadata: { ...inside.metadata, labels: { pool: "other" } } });
      const left = await builders.until(is("Deleted", "inside"));
      await store.update("Builder", { ...outside, metadata: { ...outside.metadata, labels: { pool: "o2" } } });
      const joined = await builders.until(is("Added", "outside"));
      await builders.stop();

      expect([...initial, ...left, ...joined].map(brief)).toEqual([
        "Added inside",
        "Synced inside",
        "Deleted inside",
        "Added outside",
      ]);
    });

    it("delivers every change to each reader independently", async () => {
      const { store } = subject();
      const readers = [follow(store, "Builder"), follow(store, "Builder"), follow(store, "Builder")];
      await Promise.all(readers.map((reader) => reader.synced()));
      await readers[0]?.stop();
      await store.create("Builder", aBuilder("o2-0"));

      for (const reader of readers.slice(1)) {
        expect((await reader.until(is("Added", "o2-0"))).map(brief)).toEqual(["Added o2-0"]);
        await reader.stop();
      }
    });

    it("reports its health to early and late readers", async () => {
      const { store } = subject();
      const builders = follow(store, "Builder");
      await builders.synced();
      const { promise: healthy, resolve } = Promise.withResolvers<boolean>();
      const stop = new AbortController();
      const reading = (async () => {
        for await (const _ of store.watch("Builder", { signal: stop.signal, onHealth: resolve }));
      })();

      expect(await healthy).toBe(true);
      stop.abort();
      await reading;
      await builders.stop();
    });

    it("ends when its signal aborts, before or after the first change", async () => {
      const { store } = subject();
      const never = follow(store, "Builder");
      await never.stop();
      const idle = follow(store, "Builder");
      await idle.synced();
      await idle.stop();
    });
  });
}
