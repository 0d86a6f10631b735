import { expect, it, onTestFinished } from "vitest";
import { createOwnStatus } from "../../../../src/builder/report/ownStatus.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { aBuilder } from "../../../support/objects/builder.ts";

const log = createLog({ level: "silent" });

async function aStatus() {
  const clock = fakeClock();
  const store = openEmbeddedStore({ file: ":memory:", clock, log });
  const end = new AbortController();
  onTestFinished(() => {
    end.abort();
    store.close();
  });
  const { apiVersion, kind, spec } = aBuilder("o2-0");
  await store.create("Builder", { apiVersion, kind, metadata: { name: "o2-0" }, spec });
  const read = async () => {
    const found = await store.get("Builder", "o2-0");
    if (found === undefined) throw new Error("no Builder");
    return found;
  };
  const start = (incarnation: string) => {
    const status = createOwnStatus({ clock, log, name: "o2-0", store }, { phase: "Pending", incarnation });
    void status.run(end.signal);
    return status;
  };
  return { clock, start, read, incarnation: async () => (await read()).status?.incarnation };
}

it("replaces the status of an earlier process at its start", async () => {
  const { clock, start, incarnation } = await aStatus();
  start("first");
  await clock.advance(1_000);
  start("second");
  await clock.advance(1_000);
  expect(await incarnation()).toBe("second");
});

it("writes no status over the status of a later process", async () => {
  const { clock, start, read, incarnation } = await aStatus();
  const first = start("first");
  await clock.advance(1_000);
  start("second");
  await clock.advance(1_000);
  first.observe(await read());
  first.setStatus({ phase: "Ready" });
  await clock.advance(10_000);
  expect(await incarnation()).toBe("second");
});

it("replaces the status of another process after a renewal of the Lease", async () => {
  const { clock, start, read, incarnation } = await aStatus();
  const first = start("first");
  await clock.advance(1_000);
  start("second");
  await clock.advance(1_000);
  first.reclaim(await read());
  await clock.advance(1_000);
  expect(await incarnation()).toBe("first");
});
