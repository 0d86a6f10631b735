import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { aBuild, queuedStatus } from "../../contract/objects.ts";

/** Writes until it is killed: `writer.ts FILE PREFIX`. Prints one line per acknowledged write. */
const [file = "", prefix = ""] = process.argv.slice(2);
const store = openEmbeddedStore({ file, clock: systemClock, log: createLog({ level: "silent" }) });
const acknowledge = (name: string, said: string) => writeSync(1, `${name} ${said}\n`);

for (let turn = 0; ; turn += 1) {
  const name = `${prefix}-${turn}`;
  let build = await store.create("Build", aBuild(name));
  acknowledge(name, "created");
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    build = await store.updateStatus("Build", { ...build, status: { ...queuedStatus, attempt } });
    acknowledge(name, `${attempt}`);
  }
  if (turn % 3 === 0) {
    await store.delete("Build", name);
    acknowledge(name, "deleted");
  }
  await setImmediate();
}
