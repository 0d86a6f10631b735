import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import { runLiveness } from "../../../../src/operator/liveness/run.ts";
import type { Workloads } from "../../../../src/operator/pools/workloads.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { retryOnConflict } from "../../../../src/store/write.ts";
import { systemClock as clock } from "../../../../src/system/clock.ts";
import { createLog } from "../../../../src/system/log.ts";
import { aBuild } from "../../../contract/objects.ts";

const log = createLog({ level: "silent" });
const builder: Builder = {
  apiVersion: "ci.alice.cern.ch/v1alpha1",
  kind: "Builder",
  metadata: { name: "o2-0" },
  spec: { pool: "o2", desired: "Active", external: false },
};

it("keeps the claim of a builder that restarts during the check of its dead predecessor", async () => {
  const store = openEmbeddedStore({ file: ":memory:", clock, log });
  const setStatus = (incarnation: string, podUid: string) =>
    retryOnConflict(
      store,
      "Builder",
      "o2-0",
      (now) => ({ ...now, status: { phase: "Ready" as const, incarnation, podUid } }),
      "status",
    );
  await store.create("Builder", builder);
  await setStatus("first", "pod-1");
  const build = await store.create("Build", aBuild("o2-1"));

  /** Restarts the builder: the new process warms up and claims a build. */
  async function restart(): Promise<void> {
    await setStatus("second", "pod-2");
    const claim = { builder: "o2-0", incarnation: "second", attempt: 1, request: 1, commit: build.spec.commit };
    const since = new Date(clock.now()).toISOString();
    await store.updateStatus("Build", {
      ...build,
      status: { phase: "Running", attempt: 1, claim: { ...claim, since } },
    });
    await sleep(100);
  }
  let checks = 0;
  const checkedAgain = Promise.withResolvers<void>();
  const pod = { name: "o2-0", pool: "o2", ordinal: 0, uid: "pod-2", revision: "", terminating: false, ended: false };
  const workloads: Pick<Workloads, "observe" | "onChange"> = {
    async observe() {
      checks += 1;
      if (checks === 1) await restart();
      else checkedAgain.resolve();
      return { pods: checks === 1 ? [] : [pod] };
    },
    onChange: () => {},
  };
  const end = new AbortController();
  const running = runLiveness({ store, workloads: { ...unused, ...workloads }, clock, log }, end.signal);
  await checkedAgain.promise;
  expect((await store.get("Builder", "o2-0"))?.status?.phase).toBe("Ready");
  expect((await store.get("Build", "o2-1"))?.status?.phase).toBe("Running");
  end.abort();
  await running;
  store.close();
});

/** Functions that liveness must not call. */
const unused: Pick<Workloads, "environment" | "apply" | "deletePod"> = {
  environment: () => Promise.reject(new Error("liveness read the environment")),
  apply: () => Promise.reject(new Error("liveness applied something")),
  deletePod: () => Promise.reject(new Error("liveness deleted a pod")),
};
