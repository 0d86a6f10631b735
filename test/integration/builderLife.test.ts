import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aBuilder, buildObject, commit } from "../support/builder/builderWorld.ts";

describe("a builder", () => {
  it("warms up, joins, claims an untested pull request, builds it and gives the verdict", async () => {
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
    expect(cells.orders.map(({ task }) => task)).toEqual(["selftest", "build"]);
    expect(JSON.parse(readFileSync(join(sandbox, "state/ready"), "utf8"))).toMatchObject({
      incarnation: "process-1",
      revision: "r1",
    });
    expect(builder.readiness).toEqual([true]);
  });

  it("writes a build at most four times", async () => {
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

  it("ends when it is told to and holds nothing", async () => {
    const { store, start, until } = await aBuilder();
    const builder = start();
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
    builder.stop.abort();
    await builder.ended;
    expect((await store.get("Builder", "o2-0"))?.status?.phase).toBe("Drained");
    expect(builder.readiness).toEqual([true, false]);
  });
});
