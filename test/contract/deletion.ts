import { describe, expect, it } from "vitest";
import { follow, is } from "./follow.ts";
import type { Subject } from "./objectStore.ts";
import { aBuild, aBuilder, aLease, aPool } from "./objects.ts";

const finalizers = ["ci.alice.cern.ch/drain"];

export function describeDeletion(subject: Subject): void {
  describe("delete", () => {
    it("removes the object", async () => {
      const { store } = subject();
      await store.create("Lease", aLease("o2-0"));
      await store.delete("Lease", "o2-0");

      expect(await store.get("Lease", "o2-0")).toBeUndefined();
      await expect(store.delete("Lease", "o2-0")).rejects.toMatchObject({ code: "NotFound" });
    });

    it("throws Conflict without a deletion when the precondition fails", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const changed = await store.update("Builder", { ...created, spec: { ...created.spec, desired: "Drain" } });
      const { uid } = created.metadata;
      const another = "11111111-2222-4333-8444-555555555555";

      for (const precondition of [{ uid: another }, { uid, resourceVersion: created.metadata.resourceVersion }])
        await expect(store.delete("Builder", "o2-0", precondition)).rejects.toMatchObject({ code: "Conflict" });
      expect(await store.get("Builder", "o2-0")).toEqual(changed);

      await store.delete("Builder", "o2-0", { uid, resourceVersion: changed.metadata.resourceVersion });
      expect(await store.get("Builder", "o2-0")).toBeUndefined();
    });

    it("marks an object with finalizers once, until the last finalizer is removed", async () => {
      const { store } = subject();
      await store.create("BuilderPool", aPool("o2", { finalizers }));
      await store.delete("BuilderPool", "o2");
      const marked = await store.get("BuilderPool", "o2");
      await store.delete("BuilderPool", "o2");

      expect(marked?.metadata.deletionTimestamp).toBeDefined();
      expect(marked?.metadata.generation).toBe(2);
      expect(await store.get("BuilderPool", "o2")).toEqual(marked);
      if (marked === undefined) return;
      await store.update("BuilderPool", { ...marked, metadata: { ...marked.metadata, finalizers: [] } });
      expect(await store.get("BuilderPool", "o2")).toBeUndefined();
    });

    it("refuses new finalizers on a marked object", async () => {
      const { store } = subject();
      await store.create("BuilderPool", aPool("o2", { finalizers }));
      await store.delete("BuilderPool", "o2");
      const marked = await store.get("BuilderPool", "o2");
      if (marked === undefined) throw new Error("the marked pool is gone");
      const metadata = { ...marked.metadata, finalizers: [...finalizers, "example.org/late"] };

      await expect(store.update("BuilderPool", { ...marked, metadata })).rejects.toMatchObject({ code: "Invalid" });
    });

    it("deletes dependents transitively, but not dependents of other owners", async () => {
      const { store } = subject();
      const pool = await store.create("BuilderPool", aPool("o2"));
      const other = await store.create("BuilderPool", aPool("other"));
      const builder = await store.create("Builder", aBuilder("o2-0", ownedBy(pool)));
      await store.create("Lease", aLease("o2-0", ownedBy(builder)));
      await store.create("Build", aBuild("theirs", ownedBy(other)));
      await store.create("Build", aBuild("shared", ownedBy(pool, other)));
      const leases = follow(store, "Lease");
      await leases.synced();

      await store.delete("BuilderPool", "o2");
      await leases.until(is("Deleted", "o2-0"));
      await leases.stop();

      expect(await store.get("Builder", "o2-0")).toBeUndefined();
      expect((await store.list("Build")).map(({ metadata }) => metadata.name).sort()).toEqual(["shared", "theirs"]);
    });

    it("keeps dependents while their owner has finalizers", async () => {
      const { store } = subject();
      const pool = await store.create("BuilderPool", aPool("o2", { finalizers }));
      await store.create("Builder", aBuilder("o2-0", ownedBy(pool)));
      await store.delete("BuilderPool", "o2");

      expect((await store.get("Builder", "o2-0"))?.metadata.deletionTimestamp).toBeUndefined();
    });

    it("matches owners by UID, so a new owner of the same name does not keep the dependent", async () => {
      const { store } = subject();
      const first = await store.create("BuilderPool", aPool("o2"));
      await store.delete("BuilderPool", "o2");
      await store.create("BuilderPool", aPool("o2"));
      const builders = follow(store, "Builder");
      await builders.synced();
      await store.create("Builder", aBuilder("late", ownedBy(first)));
      await store.create("Builder", aBuilder("marker"));
      const read = await builders.until(is("Added", "marker"));
      if (read.some(is("Added", "late"))) await builders.until(is("Deleted", "late"));
      await builders.stop();

      expect(await store.get("Builder", "late")).toBeUndefined();
    });
  });
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
}

function ownedBy(...owners: readonly Owner[]) {
  return {
    ownerReferences: owners.map(({ apiVersion, kind, metadata }) => ({
      apiVersion,
      kind,
      name: metadata.name,
      uid: metadata.uid,
    })),
  };
}
