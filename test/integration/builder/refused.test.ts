import { describe, expect, it } from "vitest";
import type { Kind } from "../../../src/api/objects/kinds.ts";
import { StoreError } from "../../../src/store/error.ts";
import type { ObjectStore } from "../../../src/store/objectStore.ts";
import type { Clock } from "../../../src/system/clock.ts";
import { aBuilder, buildObject } from "../../support/builder/builderWorld.ts";
import { success } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

const hurried = hurriedClock();

/** An API server that, while it `refuses`, takes nothing of the builder's, or nothing about Builds. */
function refusing(store: ObjectStore) {
  const server = { refuses: false, isOnlyBuilds: false, refusals: 0 };
  const asked = <T>(kind: Kind, answer: () => Promise<T>): Promise<T> => {
    if (!server.refuses || (server.isOnlyBuilds && kind !== "Build")) return answer();
    if (kind === "Build") server.refusals += 1;
    return Promise.reject(new StoreError("Forbidden", "the API server refused (403): forbidden"));
  };
  const guarded: ObjectStore = {
    ...store,
    get: (kind, name) => asked(kind, () => store.get(kind, name)),
    update: (kind, object) => asked(kind, () => store.update(kind, object)),
    updateStatus: (kind, object) => asked(kind, () => store.updateStatus(kind, object)),
  };
  return { server, guarded };
}

describe("a builder that is refused for a while, as its token has expired or its account was made anew", () => {
  it("keeps the verdict that it has, and gives it when it is let in", async () => {
    const { store, cells, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    await store.create("Build", buildObject(1));
    cells.script = (order) => {
      server.refuses = order.task === "build";
      return server.refuses ? Promise.resolve(success) : undefined;
    };
    const { ended } = start({ store: guarded, clock: hurried });
    let hasEnded = false;
    void ended.catch(() => {}).then(() => (hasEnded = true));
    await until(async () => server.refusals > 2);
    server.refuses = false;
    const verdict = await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.verdict);
    expect(verdict).toMatchObject({ attempt: 1, result: "Success" });
    expect(hasEnded).toBe(false);
  });

  it("claims nothing meanwhile, and does not end", async () => {
    const { store, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    start({ store: guarded, clock: hurried });
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
    server.refuses = true;
    await store.create("Build", buildObject(1));
    await until(async () => server.refusals > 1);
    server.refuses = false;
    const verdict = await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.verdict, 20_000);
    expect(verdict).toMatchObject({ attempt: 1, result: "Success" });
  });

  it("says so where people look while its claims alone are refused, and no more once one is taken", async () => {
    const { store, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    start({ store: guarded, clock: hurried });
    const message = async () => (await store.get("Builder", "o2-0"))?.status?.message;
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
    server.isOnlyBuilds = true;
    server.refuses = true;
    await store.create("Build", buildObject(1));
    await until(
      async () => (await message())?.startsWith("The store refuses its claims, so it builds nothing"),
      20_000,
    );
    server.refuses = false;
    await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.verdict, 20_000);
    await until(async () => (await message()) === undefined, 20_000);
  });

  it("ends when that goes on for longer than it may hold what it holds", async () => {
    const { store, cells, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    let later = 0;
    const clock: Clock = {
      ...hurried,
      now: () => hurried.now() + later,
      monotonic: () => hurried.monotonic() + later,
    };
    await store.create("Build", buildObject(1));
    cells.script = (order) => {
      server.refuses = order.task === "build";
      return server.refuses ? Promise.resolve(success) : undefined;
    };
    server.isOnlyBuilds = true;
    const { ended } = start({ store: guarded, clock });
    let end = "";
    void ended.catch((error: Error) => (end = error.message));
    await until(async () => {
      if (server.refusals > 2) later += 5_000;
      return end !== "";
    }, 60_000);
    expect(end).toMatch(/refused \(403\)/);
    expect(later).toBeGreaterThanOrEqual(15 * 60_000);
  });
});
