import { describe, expect, it } from "vitest";
import { createChangeSignals } from "../../../../src/store/embedded/changeSignals.ts";
import { openDatabase } from "../../../../src/store/embedded/database.ts";
import { prepareRows } from "../../../../src/store/embedded/rows.ts";
import { watchObjects } from "../../../../src/store/embedded/watch.ts";
import { StoreError } from "../../../../src/store/error.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock, settled } from "../../../support/fakeClock.ts";

describe("a watch of a temporarily unreadable store", () => {
  it("is unhealthy until a read succeeds", async () => {
    const database = openDatabase(":memory:");
    const clock = fakeClock();
    const signals = createChangeSignals(() => 0);
    let isDiskFull = false;
    const faulty: typeof database = {
      ...database,
      read(body) {
        if (isDiskFull) throw new StoreError("Unavailable", "the disk is full");
        return database.read(body);
      },
    };
    const world = {
      database: faulty,
      rows: prepareRows(database.sql),
      signals,
      clock,
      log: createLog({ level: "silent" }),
    };
    const stop = new AbortController();
    const told: boolean[] = [];
    const reading = (async () => {
      const options = { signal: stop.signal, onHealth: (is: boolean) => told.push(is) };
      for await (const _ of watchObjects(world, "Builder", options));
    })();
    await settled();
    isDiskFull = true;
    signals.ring();
    await settled();
    expect(told).toEqual([true, false]);

    isDiskFull = false;
    await clock.advance(1000);
    await settled();
    expect(told).toEqual([true, false, true]);
    stop.abort();
    await reading;
    database.close();
  });
});
