import { Hono } from "hono";
import { onlyFor } from "./hosts.ts";
import type { LogMeter } from "./metrics.ts";
import { type Receiver, receiveLog } from "./receive.ts";
import { createLogServer } from "./serve.ts";

/**
 * The public routes of the log service: PUT for builders, GET for people, and probes. Logs are served only under the
 * names `hosts`, or under every name if `hosts` is undefined.
 */
export function createLogRoutes(receiver: Receiver, hosts?: readonly string[]): Hono {
  return createProbeRoutes()
    .use("*", onlyFor(hosts))
    .put("*", (c) => receiveLog(c, receiver))
    .route("/", createLogServer(receiver.directory));
}

/** The routes of the inner port: metrics for Prometheus, and probes for Kubernetes. */
export function createMetricsRoutes(meter: LogMeter): Hono {
  return createProbeRoutes().get("/metrics", async (c) => {
    const { contentType, text } = await meter.scrape();
    return c.body(text, 200, { "Content-Type": contentType });
  });
}

function createProbeRoutes(): Hono {
  return new Hono().get("/livez", (c) => c.text("alive\n")).get("/readyz", (c) => c.text("ready\n"));
}
