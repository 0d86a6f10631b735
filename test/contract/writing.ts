import { describe, expect, it } from "vitest";
import type { Subject } from "./objectStore.ts";
import { aBuild, aBuilder, aLease, aPool, queuedStatus, readyStatus } from "./objects.ts";

export function describeWriting(subject: Subject): void {
  describe("create", () => {
    it("sets the store's own fields and ignores given values", async () => {
      const created = await subject().store.create("Builder", aBuilder("o2-0", { uid: "mine", generation: 7 }));

      expect(created.metadata).toMatchObject({ name: "o2-0", generation: 1 });
      expect(created.metadata.uid).not.toBe("mine");
      expect(created.metadata.namespace).not.toBe("");
      expect(created.metadata.resourceVersion).not.toBe("");
      expect(Date.parse(created.metadata.creationTimestamp)).toBeGreaterThan(0);
    });

    it("ignores a status", async () => {
      const { store } = subject();
      await store.create("Builder", { ...aBuilder("o2-0"), status: readyStatus });

      expect((await store.get("Builder", "o2-0"))?.status).toBeUndefined();
    });

    it("keeps labels, annotations, owners and finalizers", async () => {
      const { store } = subject();
      const { metadata: owner } = await store.create("BuilderPool", aPool("o2"));
      const metadata = {
        labels: { pool: "o2" },
        annotations: { note: "any text, with blanks" },
        ownerReferences: [{ apiVersion: aPool("o2").apiVersion, kind: "BuilderPool", name: "o2", uid: owner.uid }],
        finalizers: ["ci.alice.cern.ch/drain"],
      };

      expect((await store.create("Builder", aBuilder("o2-0", metadata))).metadata).toMatchObject(metadata);
    });

    it("refuses an existing name", async () => {
      const { store } = subject();
      await store.create("Builder", aBuilder("o2-0"));

      await expect(store.create("Builder", aBuilder("o2-0"))).rejects.toMatchObject({ code: "AlreadyExists" });
    });

    it("refuses an object with a resourceVersion", async () => {
      const refusal = subject().store.create("Builder", aBuilder("o2-0", { resourceVersion: "5" }));

      await expect(refusal).rejects.toMatchObject({
        code: "Invalid",
        message: expect.stringContaining("metadata.resourceVersion"),
      });
    });

    it.each([
      ["a number below its minimum", "spec.number", { ...aBuild("b"), spec: { ...aBuild("b").spec, number: 0 } }],
      ["text that fits no pattern", "spec.commit", { ...aBuild("b"), spec: { ...aBuild("b").spec, commit: "HEAD" } }],
      ["a name with capitals", "metadata.name", aBuild("Build")],
      ["a label with a slash in its value", "metadata.labels", aBuild("b", { labels: { check: "build/O2/o2" } })],
    ])("refuses %s and names the field", async (_, path, object) => {
      const refusal = subject().store.create("Build", object);

      await expect(refusal).rejects.toMatchObject({ code: "Invalid", message: expect.stringContaining(path) });
    });
  });

  describe("update", () => {
    it("changes the spec and increments the generation", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const updated = await store.update("Builder", { ...created, spec: { ...created.spec, desired: "Drain" } });

      expect(updated.spec.desired).toBe("Drain");
      expect(updated.metadata.generation).toBe(2);
      expect(updated.metadata.uid).toBe(created.metadata.uid);
      expect(updated.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
      expect(await store.get("Builder", "o2-0")).toEqual(updated);
    });

    it("keeps the generation when only metadata changes", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0", { labels: { old: "yes" } }));
      const updated = await store.update("Builder", {
        ...created,
        metadata: { ...created.metadata, labels: { new: "yes" }, annotations: { note: "text" } },
      });

      expect(updated.metadata).toMatchObject({ generation: 1, annotations: { note: "text" } });
      expect(updated.metadata.labels).toEqual({ new: "yes" });
    });

    it("keeps the status", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const ready = await store.updateStatus("Builder", { ...created, status: readyStatus });
      await store.update("Builder", {
        ...ready,
        spec: { ...ready.spec, desired: "Drain" },
        status: { ...readyStatus, phase: "Lost" },
      });

      expect((await store.get("Builder", "o2-0"))?.status).toEqual(readyStatus);
    });

    it("changes a lease", async () => {
      const { store } = subject();
      const created = await store.create("Lease", aLease("o2-0"));
      const renewed = await store.update("Lease", { ...created, spec: { ...created.spec, holderIdentity: "second" } });

      expect((await store.get("Lease", "o2-0"))?.spec.holderIdentity).toBe("second");
      expect(renewed.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
    });

    it("keeps generation 0 of a lease", async () => {
      const { store } = subject();
      const created = await store.create("Lease", aLease("o2-0"));
      const renewed = await store.update("Lease", { ...created, spec: { ...created.spec, holderIdentity: "second" } });

      expect([created, renewed].map(({ metadata }) => metadata.generation)).toEqual([0, 0]);
    });

    it("keeps the times of a lease to the millisecond", async () => {
      const { store } = subject();
      const times = { acquireTime: "2026-11-24T08:00:00Z", renewTime: "2026-11-24T08:00:01.123Z" };
      const { spec } = await store.create("Lease", { ...aLease("o2-0"), spec: times });

      expect(Date.parse(spec.acquireTime ?? "")).toBe(Date.parse(times.acquireTime));
      expect(Date.parse(spec.renewTime ?? "")).toBe(Date.parse(times.renewTime));
    });

    it("throws NotFound for a deleted lease, and Conflict for a new lease of the same name", async () => {
      const { store } = subject();
      const first = await store.create("Lease", aLease("o2-0"));
      await store.delete("Lease", "o2-0");

      await expect(store.update("Lease", first)).rejects.toMatchObject({ code: "NotFound" });
      expect(await store.get("Lease", "o2-0")).toBeUndefined();
      await store.create("Lease", aLease("o2-0"));
      await expect(store.update("Lease", first)).rejects.toMatchObject({ code: "Conflict" });
    });
  });

  describe("updateStatus", () => {
    it("writes only the status", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const updated = await store.updateStatus("Builder", {
        ...created,
        metadata: { ...created.metadata, labels: { sneaked: "in" } },
        spec: { ...created.spec, desired: "Drain" },
        status: readyStatus,
      });

      expect(updated).toMatchObject({ spec: { desired: "Active" }, status: readyStatus });
      expect(updated.metadata.labels).toBeUndefined();
      expect(updated.metadata.generation).toBe(1);
      expect(await store.get("Builder", "o2-0")).toEqual(updated);
    });

    it("replaces the whole status", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const full = await store.updateStatus("Builder", { ...created, status: { ...readyStatus, message: "warm" } });
      await store.updateStatus("Builder", { ...full, status: readyStatus });

      expect((await store.get("Builder", "o2-0"))?.status).toEqual(readyStatus);
    });

    it("refuses the status of a lease", async () => {
      const { store } = subject();
      const lease = await store.create("Lease", aLease("o2-0"));

      await expect(store.updateStatus("Lease", lease)).rejects.toMatchObject({ code: "Invalid" });
    });

    it("refuses a status that does not fit its schema", async () => {
      const { store } = subject();
      const created = await store.create("Build", aBuild("b"));
      const refusal = store.updateStatus("Build", { ...created, status: { ...queuedStatus, step: "x".repeat(65) } });

      await expect(refusal).rejects.toMatchObject({ code: "Invalid", message: expect.stringContaining("status.step") });
    });
  });

  describe.each(["update", "updateStatus"] as const)("%s", (write) => {
    it("throws Conflict after another write", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      await store.updateStatus("Builder", { ...created, status: readyStatus });
      const late = { ...created, spec: { ...created.spec, pool: "late" }, status: { ...readyStatus, message: "late" } };

      await expect(store[write]("Builder", late)).rejects.toMatchObject({ code: "Conflict" });
      expect(await store.get("Builder", "o2-0")).toMatchObject({ spec: { pool: "o2" }, status: readyStatus });
    });

    it("accepts exactly one of several writes against the same version", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const outcomes = await Promise.allSettled(
        ["a", "b", "c", "d", "e"].map((name) =>
          store[write]("Builder", {
            ...created,
            spec: { ...created.spec, drainReason: name },
            status: { ...readyStatus, incarnation: name },
          }),
        ),
      );

      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    it("throws NotFound when the object is gone", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      await store.delete("Builder", "o2-0");

      await expect(store[write]("Builder", { ...created, status: readyStatus })).rejects.toMatchObject({
        code: "NotFound",
      });
    });

    it("throws Conflict for a new object of the same name", async () => {
      const { store } = subject();
      const first = await store.create("Builder", aBuilder("o2-0"));
      await store.delete("Builder", "o2-0");
      const second = await store.create("Builder", aBuilder("o2-0"));

      expect(second.metadata.uid).not.toBe(first.metadata.uid);
      await expect(store[write]("Builder", { ...first, status: readyStatus })).rejects.toMatchObject({
        code: "Conflict",
      });
    });

    it("keeps the version when the write changes no field", async () => {
      const { store } = subject();
      const created = await store.create("Builder", aBuilder("o2-0"));
      const ready = await store.updateStatus("Builder", { ...created, status: readyStatus });

      expect(await store[write]("Builder", ready)).toEqual(ready);
      expect(await store.get("Builder", "o2-0")).toEqual(ready);
    });
  });

  describe("apply", () => {
    it("creates a missing object", async () => {
      const { store } = subject();
      const applied = await store.apply("Builder", aBuilder("o2-0"));

      expect(applied).toMatchObject({ metadata: { generation: 1 }, spec: aBuilder("o2-0").spec });
      expect(await store.get("Builder", "o2-0")).toEqual(applied);
    });

    it("merges the given fields and keeps the rest, status included", async () => {
      const { store } = subject();
      const created = await store.create("Builder", {
        ...aBuilder("o2-0", { labels: { kept: "yes" }, finalizers: ["example.org/kept"] }),
        spec: { ...aBuilder("o2-0").spec, drainReason: "kept" },
      });
      await store.updateStatus("Builder", { ...created, status: readyStatus });
      const applied = await store.apply("Builder", {
        ...aBuilder("o2-0", { labels: { added: "yes" }, finalizers: ["example.org/added"] }),
        spec: { ...aBuilder("o2-0").spec, desired: "Drain" },
      });

      expect(applied.spec).toMatchObject({ desired: "Drain", drainReason: "kept" });
      expect(applied.metadata.labels).toEqual({ kept: "yes", added: "yes" });
      expect([...(applied.metadata.finalizers ?? [])].sort()).toEqual(["example.org/added", "example.org/kept"]);
      expect(applied.metadata.generation).toBe(2);
      expect((await store.get("Builder", "o2-0"))?.status).toEqual(readyStatus);
    });

    it("keeps the version when the write changes no field", async () => {
      const { store } = subject();
      const first = await store.apply("BuilderPool", aPool("o2", { labels: { team: "o2" } }));
      const second = await store.apply("BuilderPool", aPool("o2", { labels: { team: "o2" } }));

      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    it("refuses an object that does not fit the schema", async () => {
      const { store } = subject();
      await store.apply("Build", aBuild("b"));
      const refusal = store.apply("Build", { ...aBuild("b"), spec: { ...aBuild("b").spec, number: -1 } });

      await expect(refusal).rejects.toMatchObject({ code: "Invalid", message: expect.stringContaining("spec.number") });
    });
  });
}
