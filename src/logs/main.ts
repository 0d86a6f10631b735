import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { milliseconds } from "../api/values/duration.ts";
import { systemClock } from "../system/clock.ts";
import { createLog } from "../system/log.ts";
import { messageOf } from "../system/messageOf.ts";
import { readEnvironment } from "./environment.ts";
import { runExpiry } from "./service/expiry.ts";
import { createLogMeter } from "./service/metrics.ts";
import { cacheReviews, createTokenReview } from "./service/review.ts";
import { createFreeSpace } from "./service/room.ts";
import { createLogRoutes } from "./service/routes.ts";
import { createDirectoryLogStore, prepareDirectory } from "./stores/directory.ts";

/*
 * The log service of a cluster: one process and one volume. NODE_EXTRA_CA_CERTS makes Node trust the API server's certificate.
 */

/** Exit code for an invalid environment, as EX_USAGE in sysexits. */
const badUsage = 64;
/** Longest time for one request; a builder may need this long for one log. */
const requestTimeout = milliseconds("10m");
/** Running uploads get this long after SIGTERM. Kubernetes kills the pod after 30 s. */
const shutdownGrace = milliseconds("20s");

const environment = readEnvironmentOrExit();
const log = createLog({ level: environment.logLevel });
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort());

const { directory } = environment;
await prepareDirectory(directory);
const space = await createFreeSpace(directory, environment.quota);
const store = createDirectoryLogStore({ directory, url: "" });
const meter = createLogMeter(space);
const ownToken = () => readFile(environment.tokenFile, "utf8");
const review = cacheReviews(createTokenReview({ ...environment, ownToken }), systemClock);
const receiver = { directory, store, space, review, maxSize: environment.maxSize, log, count: meter.count };
const routes = createLogRoutes(receiver, meter);

const server = await new Promise<Server>((resolve, reject) => {
  const started = serve({ fetch: routes.fetch, port: environment.port, serverOptions: { requestTimeout } }, () =>
    resolve(started as Server),
  );
  started.once("error", reject);
});
log.info({ port: (server.address() as AddressInfo).port, directory, used: space.used }, "log service listening");

await runExpiry({ store, space, keep: environment.keep, clock: systemClock, log }, stopping.signal);

log.info({}, "log service stopping");
server.close();
server.closeIdleConnections();
setTimeout(() => server.closeAllConnections(), shutdownGrace).unref();

function readEnvironmentOrExit() {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    console.error(messageOf(error));
    process.exit(badUsage);
  }
}
