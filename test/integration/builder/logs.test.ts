import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CellEvent, Outcome } from "../../../src/api/cell/event.ts";
import type { Order } from "../../../src/api/cell/order.ts";
import { aBuilder, buildObject, commit } from "../../support/builder/builderWorld.ts";
import { failure } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

describe("logs on the way to the log store", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const log = async (order: Order, on: (event: CellEvent) => void): Promise<Outcome> => {
    if (order.task !== "build") return { kind: "Done", message: "" };
    on({ event: "logFile", path: "BUILD/hello-latest/log", startedAt: at, finishedAt: at, bytes: 5 });
    on({ event: "logText", text: "hello" });
    return failure;
  };
  const directory = `o/hello/1/${commit(1)}/build_hello`;

  it("are complete when the verdict is written", async () => {
    const { cells, sandbox, start, store, verdict } = await aBuilder();
    cells.script = log;
    await store.create("Build", buildObject(1));
    start();
    expect((await verdict()).log).toEqual({
      path: `${directory}/pretty.html`,
      url: `http://logs.test/${directory}/pretty.html`,
      stored: true,
    });
    const read = (file: string) => readFileSync(join(sandbox, "../logs", directory, file), "utf8");
    expect(read("fullLog.txt")).toContain("Finished building on testhost at ");
    expect(read("fullLog.txt")).toContain(
      "## Begin BUILD/hello-latest/log 2026-01-01 00:00:00\nhello\n## End BUILD/hello-latest/log",
    );
    expect(read("pretty.html")).toContain("The build failed");
  });

  it("delay no verdict while the log store is down, and arrive after a restart (W-3, W-5)", async () => {
    const { build, cells, logs, sandbox, start, store, until, verdict } = await aBuilder();
    cells.script = log;
    logs.isDown = true;
    await store.create("Build", buildObject(1));
    const first = start({ clock: hurriedClock() });
    expect(await verdict()).toMatchObject({ result: "Failure", log: { stored: false } });
    first.kill.abort();
    await first.ended;
    logs.isDown = false;
    start();
    await until(async () => (await build())?.verdict?.log?.stored === true);
    expect(readFileSync(join(sandbox, "../logs", directory, "fullLog.txt"), "utf8")).toContain("hello");
  });
});
