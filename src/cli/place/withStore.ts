import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "../../builder/machine/lock.ts";
import { openEmbeddedStore } from "../../store/embedded/embedded.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { systemClock } from "../../system/clock.ts";
import { createLog } from "../../system/log.ts";
import { CommandError, exitCodes } from "../exit.ts";
import type { Place } from "./place.ts";

/**
 * Runs `use` on the store of a place. `mustRun` refuses a work folder without a running `builderpool up`. Otherwise the
 * store of the last run is used, and a line on standard error says so.
 */
export async function withStore<T>(
  place: Place,
  mustRun: boolean,
  use: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  if (place.kind === "Cluster") {
    const { withCluster } = await import("./cluster.ts");
    return await withCluster(place, ({ store }) => use(store));
  }
  const { workDir } = place;
  const file = join(workDir, "store.db");
  const running = await isRunning(workDir);
  if (!existsSync(file) || (mustRun && !running)) {
    throw new CommandError(
      exitCodes.notRunning,
      `no \`builderpool up\` runs in ${workDir}; start one, name its folder with --work-dir, or name a cluster with --kubeconfig`,
    );
  }
  if (!running)
    process.stderr.write(`no \`builderpool up\` runs in ${workDir}; this is the state at the end of the last run\n`);
  const store = openEmbeddedStore({ file, clock: systemClock, log: createLog({ level: "silent" }) });
  try {
    return await use(store);
  } finally {
    store.close();
  }
}
