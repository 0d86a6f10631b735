import { Hono } from "hono";
import type { LogMeter } from "./metrics.ts";
import { type Receiver, receiveLog } from "./receive.ts";
import { createLogServer } from "./serve.ts";

/** The routes of the log service: PUT for builders, GET for people, probes for Kubernetes, metrics for Prometheus. */
export function createLogRoutes(receiver: Receiver, meter: LogMeter): Hono {
  return new Hono()
    .get("/livez", (c) => c.text("alive\n"))
    .get("/readyz", (c) => c.text("ready\n"))
    .get("/metrics", async (c) => {
      const { contentType, text } = await meter.scrape();
      return c.body(text, 200, { "Content-Type": contentType });
    })
    .put("*", (c) => receiveLog(c, receiver))
    .route("/", createLogServer(receiver.directory));
}
