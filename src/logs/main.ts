import { readFile } from "node:fs/promises";
import { milliseconds } from "../api/values/duration.ts";
import { systemClock } from "../system/clock.ts";
import { createLog } from "../system/log.ts";
import { messageOf } from "../system/messageOf.ts";
import { readEnvironment } from "./environment.ts";
import { runExpiry } from "./service/expiry.ts";
import { createHolding } from "./service/holder.ts";
import { listenOn, renewCertificate } from "./service/listen.ts";
import { createLogMeter } from "./service/metrics.ts";
import { cacheReviews, createTokenReview } from "./service/review.ts";
import { createReviewLimits } from "./service/reviewLimits.ts";
import { createFreeSpace } from "./service/room.ts";
import { createLogRoutes, createMetricsRoutes } from "./service/routes.ts";
import { createDirectoryLogStore, prepareDirectory } from "./stores/directory.ts";

/*
 * The log service of a cluster: one process and one volume. NODE_EXTRA_CA_CERTS makes Node trust the API server's certificate.
 */

/** Exit code for an invalid environment, as EX_USAGE in sysexits. */
const badUsage = 64;
/** Slowest accepted upload, in bytes per second. */
const slowestUpload = 16 * 1024;
/** Running uploads get this long after SIGTERM. Kubernetes kills the pod after 30 s. */
const shutdownGrace = milliseconds("20s");

const environment = readEnvironmentOrExit();
const log = createLog({ level: environment.logLevel });
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort());

const { directory, port, metricsPort, patience, tls, hosts } = environment;
await prepareDirectory(directory);
const space = await createFreeSpace(directory, environment.quota);
const store = createDirectoryLogStore({ directory, url: "" });
const meter = createLogMeter(space);
const ownToken = () => readFile(environment.tokenFile, "utf8");
const access = { ...environment, ownToken, clock: systemClock };
const review = cacheReviews(createTokenReview(access), systemClock, createReviewLimits(systemClock));
const receiver = {
  directory,
  store,
  space,
  review,
  holding: createHolding(access),
  pace: { grace: patience, bytesPerSecond: slowestUpload },
  maxSize: environment.maxSize,
  log,
  count: meter.count,
};

const inner = await listenOn(createMetricsRoutes(meter), { port: metricsPort, patience });
const pages = await listenOn(createLogRoutes(receiver, hosts), { port, patience, ...(tls && { tls }) });
log.info(
  { port: pages.port, metricsPort: inner.port, tls: tls !== undefined, directory, used: space.used },
  "log service listening",
);
const renewing =
  tls && "setSecureContext" in pages.server
    ? renewCertificate(pages.server, tls, { clock: systemClock, log }, stopping.signal)
    : undefined;

await runExpiry({ store, space, keep: environment.keep, clock: systemClock, log }, stopping.signal);
await renewing;

log.info({}, "log service stopping");
for (const { server } of [pages, inner]) {
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), shutdownGrace).unref();
}

function readEnvironmentOrExit() {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    console.error(messageOf(error));
    process.exit(badUsage);
  }
}
