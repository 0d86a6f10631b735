import { expect, it } from "vitest";
import { runLiveness } from "../../../../src/operator/liveness/run.ts";
import type { Workloads } from "../../../../src/operator/pools/workloads.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import type { ObjectStore } from "../../../../src/store/objectStore.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";

const log = createLog({ level: "silent" });

it("reads heartbeats every five seconds and notices a dead pod, however often pods change", async () => {
  const clock = fakeClock();
  const embedded = openEmbeddedStore({ file: ":memory:", clock, log });
  const builder = { apiVersion: "ci.alice.cern.ch/v1alpha1", kind: "Builder", metadata: { name: "o2-0" } } as const;
  const spec = { pool: "o2", desired: "Active", external: false } as const;
  const created = await embedded.create("Builder", { ...builder, spec });
  await embedded.updateStatus("Builder", {
    ...created,
    status: { phase: "Ready", incarnation: "first", podUid: "pod" },
  });
  let reads = 0;
  const store: ObjectStore = {
    ...embedded,
    list(kind, selector) {
      if (kind === "Lease") reads += 1;
      return embedded.list(kind, selector);
    },
  };
  const pod = { name: "o2-0", pool: "o2", ordinal: 0, uid: "pod", revision: "", terminating: false, ended: false };
  let pods = [pod];
  let changed = () => {};
  const never = () => Promise.reject(new Error("liveness does not need this"));
  const workloads: Workloads = {
    observe: async () => ({ pods }),
    onChange(listener) {
      changed = () => listener("o2");
    },
    environment: never,
    apply: never,
    deletePod: never,
  };
  const end = new AbortController();
  const running = runLiveness({ store, workloads, clock, log }, end.signal);
  const passes = async (ms: number) => {
    for (let left = ms; left > 0; left -= 200) {
      changed();
      await clock.advance(200);
    }
  };
  await passes(4_000);
  expect(reads).toBe(1);
  await passes(10_000);
  expect(reads).toBe(3);
  pods = [];
  await passes(1_000);
  expect((await embedded.get("Builder", "o2-0"))?.status?.phase).toBe("Lost");
  expect(reads).toBe(3);
  end.abort();
  await clock.advance(10_000);
  await running;
  embedded.close();
});
