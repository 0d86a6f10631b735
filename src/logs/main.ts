import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { milliseconds } from "../api/values/duration.ts";
import { systemClock } from "../system/clock.ts";
import { createLog } from "../system/log.ts";
import { readEnvironment } from "./environment.ts";
import { runExpiry } from "./service/expiry.ts";
import { createLogMeter } from "./service/metrics.ts";
import { cacheReviews, createTokenReview } from "./service/review.ts";
import { createFreeSpace } from "./service/room.ts";
import { createLogRoutes } from "./service/routes.ts";
import { createDirectoryLogStore, prepareDirectory } from "./stores/directory.ts";

/*
 * The log service of a cluster: one process, one volume. The API server's certificate is trusted through NODE_EXTRA_CA_CERTS.
 */

/** Exit code of a process whose environment makes no sense, as in sysexits. */
const badUsage = 64;
/** As long as a builder sends one log. */
const requestTimeout = milliseconds("10m");
/** What arrives when the service is told to end may arrive; Kubernetes waits 30 s. */
const farewell = milliseconds("20s");

const environment = environmentOrEnd();
const log = createLog({ level: environment.logLevel });
const ending = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ending.abort());

const { directory } = environment;
await prepareDirectory(directory);
const room = await createFreeSpace(directory, environment.quota);
const store = createDirectoryLogStore({ directory, url: "" });
const meter = createLogMeter(room);
const ownToken = () => readFile(environment.tokenFile, "utf8");
const review = cacheReviews(createTokenReview({ ...environment, ownToken }), systemClock);
const receiver = { directory, store, room, review, maxSize: environment.maxSize, log, count: meter.count };
const routes = createLogRoutes(receiver, meter);

const server = await new Promise<Server>((resolve, reject) => {
  const started = serve({ fetch: routes.fetch, port: environment.port, serverOptions: { requestTimeout } }, () =>
    resolve(started as Server),
  );
  started.once("error", reject);
});
log.info({ port: (server.address() as AddressInfo).port, directory, used: room.used }, "the log service listens");

await runExpiry({ store, room, keep: environment.keep, clock: systemClock, log }, ending.signal);

log.info({}, "the log service ends");
server.close();
server.closeIdleConnections();
setTimeout(() => server.closeAllConnections(), farewell).unref();

function environmentOrEnd() {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(badUsage);
  }
}
