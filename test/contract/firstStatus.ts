import { describe, expect, it } from "vitest";
import { firstStatus } from "../../src/api/objects/build.ts";
import { claim } from "../../src/core/build/claim.ts";
import type { Subject } from "./objectStore.ts";
import { aBuild } from "./objects.ts";

export function describeFirstStatus(subject: Subject): void {
  describe("a Build without a written status", () => {
    it("is Queued on every path", async () => {
      const { store } = subject();
      const created = await store.create("Build", aBuild("b"));
      const signal = AbortSignal.timeout(20_000);
      const seen: unknown[] = [];
      for await (const change of store.watch("Build", { signal })) {
        if (change.type === "Synced") break;
        seen.push(change.object.status);
      }

      expect(created.status).toEqual(firstStatus);
      expect((await store.get("Build", "b"))?.status).toEqual(firstStatus);
      expect((await store.list("Build")).map(({ status }) => status)).toEqual([firstStatus]);
      expect(seen).toEqual([firstStatus]);
    });

    it("is claimed by one of several builders, also after a change of its labels", async () => {
      const { store } = subject();
      const created = await store.create("Build", aBuild("b"));
      const labelled = await store.update("Build", {
        ...created,
        metadata: { ...created.metadata, labels: { a: "b" } },
      });
      const claims = ["o2-0", "o2-1", "o2-2"].map((builder) => {
        const transition = claim(labelled, { builder, incarnation: "first" }, Date.parse("2026-11-24T09:00:00Z"));
        if ("refused" in transition) throw new Error(transition.refused);
        return store.updateStatus("Build", { ...labelled, status: transition.status });
      });
      const outcomes = await Promise.allSettled(claims);

      expect(labelled.status).toEqual(firstStatus);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect((await store.get("Build", "b"))?.status).toMatchObject({ phase: "Claimed", attempt: 1 });
    });
  });
}
