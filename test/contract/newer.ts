import { describe, expect, it } from "vitest";
import type { Subject } from "./objectStore.ts";
import { aPool } from "./objects.ts";

/** The spec of a pool that a newer version wrote. */
const newerSpec = {
  ...aPool("o2").spec,
  flavour: "strange",
  update: { ...aPool("o2").spec.update, onStall: "Wait", speed: 3 },
  checks: [{ name: "build/O2/o2", base: "Newest", colour: "red" }, { name: "build/O2/fullCI" }],
};

export function describeNewer(subject: Subject): void {
  describe("an object of a newer version", () => {
    it("is read with its known fields and with the careful meaning of unknown words", async (test) => {
      const { store, newer } = subject();
      if (newer === undefined) return test.skip();
      await store.create("BuilderPool", aPool("o2"));
      await newer.write("o2", newerSpec);

      const read = await store.get("BuilderPool", "o2");
      expect(read?.spec).toMatchObject({ package: "O2", update: { onStall: "Pause" } });
      expect(read?.spec.checks?.map(({ name, base }) => [name, base])).toEqual([
        ["build/O2/o2", "Tip"],
        ["build/O2/fullCI", undefined],
      ]);
      expect((await store.list("BuilderPool")).map(({ metadata }) => metadata.name)).toEqual(["o2"]);
    });

    it("keeps its unknown fields and words in a write of other fields", async (test) => {
      const { store, newer } = subject();
      if (newer === undefined) return test.skip();
      await store.create("BuilderPool", aPool("o2"));
      await newer.write("o2", newerSpec);

      const read = await store.get("BuilderPool", "o2");
      if (read === undefined) throw new Error("not found");
      const labelled = await store.update("BuilderPool", {
        ...read,
        metadata: { ...read.metadata, labels: { a: "b" } },
      });
      await store.update("BuilderPool", { ...labelled, spec: { ...labelled.spec, instances: 7 } });

      expect(await newer.read("o2")).toMatchObject({ ...newerSpec, instances: 7 });
    });

    it("cannot be written with a field that neither version has stored", async (test) => {
      const { store, newer } = subject();
      if (newer === undefined) return test.skip();
      const created = await store.create("BuilderPool", aPool("o2"));

      const spec = { ...created.spec, update: { ...created.spec.update, nonsense: true } };
      const written = await store.update("BuilderPool", { ...created, spec }).catch(() => undefined);
      expect(JSON.stringify((await store.get("BuilderPool", "o2"))?.spec)).not.toContain("nonsense");
      expect(JSON.stringify(written ?? {})).not.toContain("nonsense");
    });
  });
}
