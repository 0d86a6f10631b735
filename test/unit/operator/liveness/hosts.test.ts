import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Builder, BuilderStatus } from "../../../../src/api/objects/builder.ts";
import { runLiveness } from "../../../../src/operator/liveness/run.ts";
import type { Workloads } from "../../../../src/operator/pools/workloads.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { retryOnConflict } from "../../../../src/store/write.ts";
import { createLog } from "../../../../src/system/log.ts";
import { aBuild } from "../../../contract/objects.ts";
import { fakeClock } from "../../../support/fakeClock.ts";

const log = createLog({ level: "silent" });
const second = 1000;
const minute = 60 * second;
const mac: Builder = {
  apiVersion: "ci.alice.cern.ch/v1alpha1",
  kind: "Builder",
  metadata: { name: "mac" },
  spec: { pool: "o2", desired: "Active", external: true, account: "account" },
};
const never = () => Promise.reject(new Error("liveness does not need this"));
const workloads: Workloads = {
  observe: async () => ({ pods: [] }),
  onChange: () => {},
  environment: never,
  apply: never,
  deletePod: never,
};

/** A store with the host `mac`, which runs a build, under the real liveness loop on a simulated clock. */
function aHost() {
  const clock = fakeClock();
  const store = openEmbeddedStore({ file: ":memory:", clock, log });
  let end = new AbortController();
  let running: Promise<void> = Promise.resolve();
  /** The incarnation that heartbeats; undefined while the host sleeps. */
  let alive: string | undefined = "first";

  async function beat(): Promise<void> {
    if (alive === undefined) return;
    const renewTime = new Date(clock.now()).toISOString();
    const spec = { holderIdentity: alive, leaseDurationSeconds: 75, acquireTime: renewTime, renewTime };
    const found = await store.get("Lease", "mac");
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "mac" }, spec } as const;
    await (found === undefined ? store.create("Lease", lease) : store.update("Lease", { ...found, spec }));
  }
  async function start(incarnation: string, more: Partial<BuilderStatus> = {}): Promise<void> {
    const status = { phase: "Ready" as const, incarnation, podUid: "account", machine: "machine-1", ...more };
    await retryOnConflict(store, "Builder", "mac", (now) => ({ ...now, status }), "status");
    alive = incarnation;
  }
  function runOperator(): void {
    end = new AbortController();
    running = runLiveness({ store, workloads, clock, log }, end.signal);
  }
  async function stopOperator(): Promise<void> {
    end.abort();
    await clock.advance(10 * second);
    await running;
  }
  return {
    store,
    start,
    stopOperator,
    async setUp() {
      await store.create("Builder", mac);
      await start("first");
      const build = await store.create("Build", aBuild("b1"));
      const since = new Date(clock.now()).toISOString();
      const claim = { builder: "mac", incarnation: "first", attempt: 1, request: 1, commit: build.spec.commit, since };
      await store.updateStatus("Build", { ...build, status: { phase: "Running", attempt: 1, claim } });
      runOperator();
      await this.pass(20 * second);
    },
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 5 * second) {
        await beat();
        await clock.advance(Math.min(left, 5 * second));
      }
    },
    sleep() {
      alive = undefined;
    },
    async restartOperator() {
      await stopOperator();
      runOperator();
    },
    phase: async () => (await store.get("Builder", "mac"))?.status?.phase,
    build: async () => (await store.get("Build", "b1"))?.status,
  };
}

describe("a host that runs a build", () => {
  let host: ReturnType<typeof aHost>;
  beforeEach(async () => {
    host = aHost();
    await host.setUp();
  });
  afterEach(async () => {
    await host.stopOperator();
    host.store.close();
  });

  it("keeps the build while it heartbeats, although its pod does not exist", async () => {
    await host.pass(20 * minute);
    expect([await host.phase(), (await host.build())?.phase]).toEqual(["Ready", "Running"]);
  });

  it("loses the build 930 s after its last heartbeat, and the pull request is not blamed", async () => {
    host.sleep();
    await host.pass(15 * minute);
    expect([await host.phase(), (await host.build())?.phase]).toEqual(["Suspect", "Running"]);
    await host.pass(45 * second);
    expect([await host.phase(), (await host.build())?.phase]).toEqual(["Lost", "Queued"]);
    expect((await host.build())?.trouble?.brokenBuilders).toBeUndefined();
  });

  it("loses the build at once when its machine reboots", async () => {
    await host.start("second");
    await host.pass(10 * second);
    expect((await host.build())?.phase).toBe("Queued");
  });

  it("keeps the build for 930 s when a copy of its disk registers", async () => {
    await host.start("copy", { machine: "machine-2" });
    await host.pass(15 * minute);
    expect((await host.build())?.phase).toBe("Running");
    await host.pass(45 * second);
    expect((await host.build())?.phase).toBe("Queued");
  });

  it("keeps the build for 930 s when another process registers after a restart of the operator", async () => {
    host.sleep();
    await host.stopOperator();
    await host.start("second");
    await host.restartOperator();
    await host.pass(15 * minute);
    expect((await host.build())?.phase).toBe("Running");
    await host.pass(45 * second);
    expect((await host.build())?.phase).toBe("Queued");
  });

  it.each([
    ["deleted", false],
    ["deleted and created again", true],
  ])("keeps the build for 930 s after the last heartbeat when its Builder is %s", async (_, isCreated) => {
    await host.store.delete("Builder", "mac");
    if (isCreated) await host.store.create("Builder", mac);
    await host.pass(5 * minute); // its token is still valid
    host.sleep();
    await host.pass(15 * minute);
    expect((await host.build())?.phase).toBe("Running");
    await host.pass(45 * second);
    expect((await host.build())?.phase).toBe("Queued");
  });

  it("is Lost also while it is drained", async () => {
    await host.start("first", { phase: "Drained" });
    host.sleep();
    await host.pass(16 * minute);
    expect(await host.phase()).toBe("Lost");
  });
});
