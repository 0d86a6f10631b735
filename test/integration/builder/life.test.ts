import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { apiVersion, poolLabel } from "../../../src/api/objects/group.ts";
import { sweep } from "../../../src/operator/janitor/run.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { aBuilder, buildObject, commit } from "../../support/builder/builderWorld.ts";
import { success } from "../../support/builder/scriptedCells.ts";

describe("a builder", () => {
  it("warms up, joins, claims an untested pull request, builds it and writes the verdict", async () => {
    const { store, cells, sandbox, start, until } = await aBuilder();
    await store.create("Build", buildObject(1));
    const builder = start();

    const done = await until(async () => {
      const build = await store.get("Build", "o2-hello-1");
      return build?.status?.phase === "Done" && build;
    });

    expect(done.status?.verdict).toMatchObject({
      commit: commit(1),
      request: 1,
      attempt: 1,
      builder: "o2-0",
      result: "Success",
      silent: false,
      log: { path: `o/hello/1/${commit(1)}/build_hello/pretty.html`, stored: true },
    });
    expect(done.status?.claim).toBeUndefined();
    expect(cells.orders.map(({ task }) => task)).toEqual(["selftest", "warmup", "build"]);
    expect(JSON.parse(readFileSync(join(sandbox, "state/ready"), "utf8"))).toMatchObject({
      incarnation: "process-1",
      revision: "r1",
    });
    expect(builder.readiness).toEqual([true]);
  });

  it("exits without an error when it is stopped before its caches are filled", async () => {
    const { store, start } = await aBuilder();
    for (let number = 1; number <= 300; number += 1) await store.create("Build", buildObject(number));
    const failures: unknown[] = [];
    const recordFailure = (error: unknown) => failures.push(error);
    process.on("unhandledRejection", recordFailure);
    const builder = start();
    builder.stop.abort();
    await builder.ended;
    await systemClock.sleep(50);
    process.off("unhandledRejection", recordFailure);

    expect(failures).toEqual([]);
  });

  it("writes a Build at most four times", async () => {
    const { store, start, until } = await aBuilder();
    const versions = new Set<string>();
    const end = new AbortController();
    const watched = (async () => {
      for await (const change of store.watch("Build", { signal: end.signal })) {
        if (change.type !== "Synced") versions.add(change.object.metadata.resourceVersion);
      }
    })();
    await store.create("Build", buildObject(1));
    start();
    await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.phase === "Done");
    end.abort();
    await watched;
    expect(versions.size).toBeLessThanOrEqual(1 + 4);
  });

  it("writes its own object at most three times during a build with many steps", async () => {
    const { store, cells, start, until } = await aBuilder();
    start();
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
    await systemClock.sleep(500);
    const versions = new Set<string>();
    const end = new AbortController();
    const watched = (async () => {
      for await (const change of store.watch("Builder", { signal: end.signal })) {
        if (change.type !== "Synced") versions.add(change.object.metadata.resourceVersion);
      }
    })();
    cells.script = async (_order, on) => {
      for (const step of ["prepare", "tool", "checkout", "merge", "doctor", "build", "logs"] as const) {
        on({ event: "step", step });
        await systemClock.sleep(400);
      }
      return success;
    };
    await store.create("Build", buildObject(1));
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.lastVerdict !== undefined);
    end.abort();
    await watched;
    expect(versions.size).toBeLessThanOrEqual(1 + 3);
  });

  it("exits when it is stopped without a claim", async () => {
    const { store, start, until } = await aBuilder();
    const builder = start();
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
    builder.stop.abort();
    await builder.ended;
    expect((await store.get("Builder", "o2-0"))?.status?.phase).toBe("Drained");
    expect(builder.readiness).toEqual([true, false]);
  });

  it("restores its phase after the operator set Lost", async () => {
    const { store, start, until } = await aBuilder();
    start();
    const builder = await until(async () => {
      const now = await store.get("Builder", "o2-0");
      return now?.status?.phase === "Ready" && now;
    });
    if (builder.status === undefined) throw new Error("no status");
    await store.updateStatus("Builder", { ...builder, status: { ...builder.status, phase: "Lost" } });
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
  });

  it("writes only its heartbeat while idle", async () => {
    const { store, start, until } = await aBuilder();
    start();
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
    await systemClock.sleep(500);
    const before = (await store.get("Builder", "o2-0"))?.metadata.resourceVersion;
    await systemClock.sleep(1_000);
    expect((await store.get("Builder", "o2-0"))?.metadata.resourceVersion).toBe(before);
  });

  it("has a Lease that is deleted with its Builder object", async () => {
    const { store, start, until } = await aBuilder();
    const builder = start();
    await until(async () => (await store.get("Lease", "o2-0"))?.spec.holderIdentity === "process-1");
    builder.stop.abort();
    await builder.ended;
    await store.delete("Builder", "o2-0");
    expect(await store.get("Lease", "o2-0")).toBeUndefined();
  });

  it("leaves a Lease without owner to the janitor when its Builder object is deleted", async () => {
    const { store, start, until } = await aBuilder();
    const fastClock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal),
    };
    const builder = start({ clock: fastClock });
    await until(() => store.get("Lease", "o2-0"));
    await store.delete("Builder", "o2-0");
    await until(() => store.get("Lease", "o2-0"));
    builder.stop.abort();
    await builder.ended;
    const janitor = { store, log: createLog({ level: "silent" }) };
    await sweep(janitor, await sweep(janitor, new Set()));
    expect(await store.get("Lease", "o2-0")).toBeUndefined();
  });

  it("exits when another process takes its Lease", async () => {
    const { store, sandbox, start, until } = await aBuilder();
    const fastClock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal),
    };
    const first = start({ clock: fastClock });
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.incarnation === "process-1");
    start({ sandbox: `${sandbox}-on-another-host` });
    await first.ended;
    await until(async () => {
      const status = (await store.get("Builder", "o2-0"))?.status;
      return status?.incarnation === "process-2" && status.phase === "Ready";
    });
  });
});

describe("a replaced process", () => {
  it("leaves Lease and status to the next process while its own cell takes long to stop", async () => {
    const { store, sandbox, cells, start, until, builds } = await aBuilder();
    const fastClock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal),
    };
    const stopped = Promise.withResolvers<typeof success>();
    cells.script = (order) => (order.task === "build" ? stopped.promise : undefined);
    await store.create("Build", buildObject(1));
    const first = start({ clock: fastClock });
    await builds();
    start({ sandbox: `${sandbox}-on-another-host` });
    await until(async () => (await store.get("Lease", "o2-0"))?.spec.holderIdentity === "process-2");
    const holders = new Set<string | undefined>();
    for (const end = Date.now() + 1_000; Date.now() < end; await systemClock.sleep(10)) {
      holders.add((await store.get("Lease", "o2-0"))?.spec.holderIdentity);
      holders.add((await store.get("Builder", "o2-0"))?.status?.incarnation);
    }
    stopped.resolve(success);
    await first.ended;
    expect([...holders]).toEqual(["process-2"]);
  });
});

describe("several builders", () => {
  it("share the queue without a duplicate build", async () => {
    const { store, cells, sandbox, start, until } = await aBuilder({ instances: 3 });
    for (const index of [1, 2]) {
      await store.create("Builder", {
        apiVersion,
        kind: "Builder",
        metadata: { name: `o2-${index}`, labels: { [poolLabel]: "o2" } },
        spec: { pool: "o2", desired: "Active", workerIndex: index, poolSize: 3, external: false },
      });
    }
    const builders = new Set<string>();
    for (const number of Array.from({ length: 12 }, (_, index) => index + 1)) {
      await store.create("Build", buildObject(number, { commit: String(number).padStart(40, "0") }));
    }
    for (const name of ["o2-0", "o2-1", "o2-2"]) {
      start({ name, incarnation: `process of ${name}`, sandbox: join(sandbox, "..", name) });
    }
    await until(async () => {
      const builds = await store.list("Build");
      for (const { status } of builds) if (status?.verdict !== undefined) builders.add(status.verdict.builder);
      return builds.every(({ status }) => status?.phase === "Done");
    }, 30_000);
    const commits = cells.orders.flatMap(({ pullRequest }) => pullRequest?.commit ?? []);
    expect(commits.length).toBe(12);
    expect(new Set(commits).size).toBe(12);
    expect(builders.size).toBeGreaterThan(1);
  });
});
