import { describe, expect, it } from "vitest";
import type { Subject } from "./objectStore.ts";
import { aBuild, aBuilder, aLease, aPool } from "./objects.ts";

export function describeReading(subject: Subject): void {
  describe("reading", () => {
    it("returns undefined for a name that does not exist", async () => {
      expect(await subject().store.get("Builder", "o2-0")).toBeUndefined();
      expect(await subject().store.list("Builder")).toEqual([]);
    });

    it("returns objects of all four kinds as written", async () => {
      const { store } = subject();
      const written = [
        await store.create("BuilderPool", aPool("o2")),
        await store.create("Builder", aBuilder("o2-0")),
        await store.create("Build", aBuild("o2-14000")),
        await store.create("Lease", aLease("o2-0")),
      ];

      expect(written.map(({ spec }) => spec)).toEqual([
        aPool("o2").spec,
        aBuilder("o2-0").spec,
        aBuild("o2-14000").spec,
        aLease("o2-0").spec,
      ]);
      expect(await store.get("BuilderPool", "o2")).toEqual(written[0]);
      expect(await store.get("Builder", "o2-0")).toEqual(written[1]);
      expect(await store.get("Build", "o2-14000")).toEqual(written[2]);
      expect(await store.get("Lease", "o2-0")).toEqual(written[3]);
    });

    it("allows the same name in different kinds", async () => {
      const { store } = subject();
      await store.create("Builder", aBuilder("same"));
      await store.create("Lease", aLease("same"));
      await store.delete("Lease", "same");

      expect(await store.get("Builder", "same")).toBeDefined();
    });

    it("lists the objects with all labels of the selector", async () => {
      const { store } = subject();
      await store.create("Builder", aBuilder("a", { labels: { pool: "o2", zone: "1" } }));
      await store.create("Builder", aBuilder("b", { labels: { pool: "o2", zone: "2" } }));
      await store.create("Builder", aBuilder("c", { labels: { pool: "other" } }));
      await store.create("Builder", aBuilder("d"));
      const names = async (labels: Record<string, string>) =>
        (await store.list("Builder", { labels })).map(({ metadata }) => metadata.name).sort();

      expect(await names({ pool: "o2" })).toEqual(["a", "b"]);
      expect(await names({ pool: "o2", zone: "2" })).toEqual(["b"]);
      expect(await names({ pool: "nobody" })).toEqual([]);
      expect(await names({})).toEqual(["a", "b", "c", "d"]);
    });

    it("returns copies: changing one does not change the store", async () => {
      const { store } = subject();
      await store.create("Builder", aBuilder("o2-0"));
      const read = await store.get("Builder", "o2-0");
      if (read !== undefined) read.spec.pool = "changed";

      expect((await store.get("Builder", "o2-0"))?.spec.pool).toBe("o2");
    });

    it("returns all objects after the store was closed and opened", async (test) => {
      const { store, reopen } = subject();
      if (reopen === undefined) return test.skip();
      const written = await store.create("Build", aBuild("o2-14000"));

      expect(await (await reopen()).get("Build", "o2-14000")).toEqual(written);
    });
  });
}
