import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Hono } from "hono";
import { milliseconds } from "../../api/values/duration.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

/** Files of a certificate and its private key, in PEM format. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Settings of one port. */
export interface ListenOptions {
  readonly port: number;
  /** Milliseconds for the headers of a request. A connection without traffic ends after four times as long. */
  readonly patience: number;
  /** Absent: plain HTTP. */
  readonly tls?: TlsFiles;
}

/** Longest time for one request; a builder may need this long for one log. */
const requestTimeout = milliseconds("10m");
const maxConnections = 2_000;
/** Milliseconds between two reads of the certificate. */
const renewal = milliseconds("5m");

/** Starts a server that cuts slow connections. Rejects if the port or the certificate cannot be used. */
export async function listenOn(
  { fetch }: Pick<Hono, "fetch">,
  { port, patience, tls }: ListenOptions,
): Promise<{ readonly server: Server | TlsServer; readonly port: number }> {
  const limits = {
    headersTimeout: Math.min(patience, requestTimeout),
    requestTimeout,
    connectionsCheckingInterval: Math.min(5_000, patience / 4),
  };
  const secure = tls && { createServer: createTlsServer, serverOptions: { ...limits, ...(await readTls(tls)) } };
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch, port, serverOptions: limits, ...secure }, () =>
      resolve({ server, port: (server.address() as AddressInfo).port }),
    ) as Server | TlsServer;
    server.maxConnections = maxConnections;
    server.timeout = 4 * patience;
    server.once("error", reject);
  });
}

/** Gives a changed certificate to the server until `signal` aborts. New connections use the new certificate. */
export async function renewCertificate(
  server: TlsServer,
  files: TlsFiles,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  let last = await readTls(files);
  while (!signal.aborted) {
    await clock.sleep(renewal, signal).catch(() => {});
    try {
      const now = await readTls(files);
      if (now.cert === last.cert && now.key === last.key) continue;
      server.setSecureContext(now);
      last = now;
      log.info({}, "the certificate was renewed");
    } catch (error) {
      log.warn({ error: String(error) }, "the new certificate cannot be used; the earlier one stays");
    }
  }
}

async function readTls({ certFile, keyFile }: TlsFiles): Promise<{ readonly cert: string; readonly key: string }> {
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  return { cert, key };
}
