import { describe, expect, it } from "vitest";
import type { Kind } from "../../../src/api/objects/kinds.ts";
import { StoreError } from "../../../src/store/error.ts";
import type { ObjectStore } from "../../../src/store/objectStore.ts";
import type { Clock } from "../../../src/system/clock.ts";
import { aBuilder, buildObject } from "../../support/builder/builderWorld.ts";
import { success } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

const shortSleeps = hurriedClock();
const forbidden = new StoreError("Forbidden", "the API server refused (403): forbidden");
const unauthorized = new StoreError("Unauthorized", "the API server refused (401): unauthorized");

/** An API server that forbids all requests while `refuses` is set, or only requests for Builds with `isOnlyBuilds`. */
function refusing(store: ObjectStore) {
  const server = { refuses: false, isOnlyBuilds: false, refusals: 0, error: forbidden };
  const guard = <T>(kind: Kind, answer: () => Promise<T>): Promise<T> => {
    if (!server.refuses || (server.isOnlyBuilds && kind !== "Build")) return answer();
    if (kind === "Build") server.refusals += 1;
    return Promise.reject(server.error);
  };
  const guarded: ObjectStore = {
    ...store,
    get: (kind, name) => guard(kind, () => store.get(kind, name)),
    update: (kind, object) => guard(kind, () => store.update(kind, object)),
    updateStatus: (kind, object) => guard(kind, () => store.updateStatus(kind, object)),
  };
  return { server, guarded };
}

describe("a builder with a refused credential", () => {
  it("keeps running, and keeps its verdict until the credential is renewed", async () => {
    const { store, cells, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    let later = 0;
    const clock: Clock = {
      ...shortSleeps,
      now: () => shortSleeps.now() + later,
      monotonic: () => shortSleeps.monotonic() + later,
    };
    server.error = unauthorized;
    await store.create("Build", buildObject(1));
    cells.script = (order) => {
      server.refuses = order.task === "build";
      return server.refuses ? Promise.resolve(success) : undefined;
    };
    const { ended } = start({ store: guarded, clock });
    let hasEnded = false;
    void ended.catch(() => {}).then(() => (hasEnded = true));
    await until(async () => {
      if (server.refusals > 2) later += 5_000;
      return later > 20 * 60_000;
    }, 60_000);
    expect(hasEnded).toBe(false);
    cells.script = () => Promise.resolve(success);
    server.refuses = false;
    await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.verdict, 60_000);
  });
});

describe("a builder after a Forbidden from the API server", () => {
  it("keeps its verdict, and writes it when the server accepts writes again", async () => {
    const { store, cells, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    await store.create("Build", buildObject(1));
    cells.script = (order) => {
      server.refuses = order.task === "build";
      return server.refuses ? Promise.resolve(success) : undefined;
    };
    const { ended } = start({ store: guarded, clock: shortSleeps });
    let hasEnded = false;
    void ended.catch(() => {}).then(() => (hasEnded = true));
    await until(async () => server.refusals > 2);
    server.refuses = false;
    const verdict = await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.verdict);
    expect(verdict).toMatchObject({ attempt: 1, result: "Success" });
    expect(hasEnded).toBe(false);
  });

  it("claims nothing meanwhile, and keeps running", async () => {
    const { store, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    start({ store: guarded, clock: shortSleeps });
    await until(async () => (await store.get("Builder", "o2-0"))?.status?.phase === "Ready");
    server.refuses = true;
    await store.create("Build", buildObject(1));
    await until(async () => server.refusals > 1);
    server.refuses = false;
    const verdict = await until(async () => (await store.get("Build", "o2-hello-1"))?.status?.verdict, 20_000);
    expect(verdict).toMatchObject({ attempt: 1, result: "Success" });
  });

  it("reports refused claims in its status, until a claim succeeds", async () => {
    const { store, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    start({ store: guarded, clock: shortSleeps });
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

  it("exits when the refusals last longer than a builder may hold a build", async () => {
    const { store, cells, start, until } = await aBuilder();
    const { server, guarded } = refusing(store);
    let later = 0;
    const clock: Clock = {
      ...shortSleeps,
      now: () => shortSleeps.now() + later,
      monotonic: () => shortSleeps.monotonic() + later,
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
