import { expect, it, onTestFinished } from "vitest";
import { runLiveness } from "../../../../src/operator/liveness/run.ts";
import type { Workloads } from "../../../../src/operator/pools/workloads.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import type { ObjectStore } from "../../../../src/store/objectStore.ts";
import { retryOnConflict } from "../../../../src/store/write.ts";
import { aBuild } from "../../../contract/objects.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { keptLog } from "../../../support/keptLog.ts";

const second = 1000;
const never = () => Promise.reject(new Error("liveness does not need this"));
const pod = { name: "o2-0", pool: "o2", ordinal: 0, uid: "pod", revision: "", terminating: false, ended: false };
const workloads: Workloads = {
  observe: async () => ({ pods: [pod] }),
  onChange: () => {},
  environment: never,
  apply: never,
  deletePod: never,
};

/** The builder o2-0 runs the Build `first`, under the real liveness loop. The watch never shows the end of `first`. */
async function aBuilderWithABuild() {
  const clock = fakeClock();
  const log = keptLog();
  const embedded = openEmbeddedStore({ file: ":memory:", clock, log });
  const watch: ObjectStore["watch"] = async function* (kind, options) {
    for await (const change of embedded.watch(kind, options)) {
      const isFirst = change.type !== "Synced" && change.object.metadata.name === "first";
      if (!isFirst || !JSON.stringify(change.object).includes('"Done"')) yield change;
    }
  };
  const builder = { apiVersion: "ci.alice.cern.ch/v1alpha1", kind: "Builder", metadata: { name: "o2-0" } } as const;
  const created = await embedded.create("Builder", {
    ...builder,
    spec: { pool: "o2", desired: "Active", external: false },
  });
  await embedded.updateStatus("Builder", {
    ...created,
    status: { phase: "Ready", incarnation: "run-1", podUid: "pod" },
  });
  async function run(name: string): Promise<void> {
    const build = await embedded.create("Build", aBuild(name));
    const since = new Date(clock.now()).toISOString();
    const claim = { builder: "o2-0", incarnation: "run-1", attempt: 1, request: 1, commit: build.spec.commit, since };
    await embedded.updateStatus("Build", { ...build, status: { phase: "Running", attempt: 1, claim } });
  }
  await run("first");
  const end = new AbortController();
  const running = runLiveness({ store: { ...embedded, watch }, workloads, clock, log }, end.signal);
  onTestFinished(async () => {
    end.abort();
    await clock.advance(10 * second);
    await running;
    embedded.close();
  });
  await clock.advance(10 * second);
  return {
    run,
    async finish() {
      const change = (status: object) => ({
        status: { ...status, phase: "Done" as const, attempt: 1, claim: undefined },
      });
      await retryOnConflict(embedded, "Build", "first", (now) => ({ ...now, ...change(now.status ?? {}) }), "status");
    },
    async phases() {
      await clock.advance(20 * second);
      return (await embedded.list("Build")).map(({ metadata, status }) => `${metadata.name} ${status?.phase}`);
    },
    warnings: () => log.lines.filter(({ level }) => level === "warn"),
  };
}

it("takes back the second build of a process that holds two builds", async () => {
  const { run, phases } = await aBuilderWithABuild();
  await run("second");
  expect(await phases()).toEqual(["first Running", "second Queued"]);
});

it("takes back no build when the watch shows a claim before the end of the build before it", async () => {
  const { finish, run, phases, warnings } = await aBuilderWithABuild();
  await finish();
  await run("second");
  expect(await phases()).toEqual(["first Done", "second Running"]);
  expect(warnings()).toEqual([]);
});
