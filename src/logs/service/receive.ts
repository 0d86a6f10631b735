import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Context } from "hono";
import { isLogPath } from "../../core/report/log/paths.ts";
import { isDiskFull } from "../../system/diskFull.ts";
import type { Log } from "../../system/log.ts";
import type { LogStore } from "../logStore.ts";
import { decodePath } from "../path.ts";
import { type Builder, type Holding, TooManyRequests } from "./holder.ts";
import { atPace, type Pace, TooSlow } from "./pace.ts";
import type { Review } from "./review.ts";
import { type FreeSpace, sizeOf } from "./room.ts";

/** Dependencies and limits for receiving logs. */
export interface Receiver {
  readonly directory: string;
  readonly store: LogStore;
  readonly review: Review;
  readonly holding: Holding;
  readonly pace: Pace;
  readonly space: FreeSpace;
  /** Largest accepted log, in bytes. */
  readonly maxSize: number;
  readonly log: Log;
  /** Counts each request by its status. */
  count(status: number): void;
}

type RefusalStatus = 400 | 401 | 403 | 408 | 413 | 429 | 503 | 507;

/** Ends a request with a status and a message for the builder's log. */
class Refusal extends Error {
  readonly status: RefusalStatus;
  constructor(status: RefusalStatus, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Stores one log from a builder atomically. An old log at the path stays until the last byte of the new log is on disk.
 */
export async function receiveLog(c: Context, receiver: Receiver): Promise<Response> {
  const response = await responseTo(c, receiver);
  receiver.count(response.status);
  return response;
}

async function responseTo(c: Context, receiver: Receiver): Promise<Response> {
  try {
    const builder = await builderOf(c.req.header("Authorization"), sourceOf(c), receiver);
    const path = logPath(new URL(c.req.url).pathname);
    await checkHolder(builder, path, receiver);
    const { size, isNew } = await store(c, path, receiver);
    receiver.log.info({ builder: builder.builder, path, size }, "stored a log");
    return c.body(null, isNew ? 201 : 204);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : refusalOf(error);
    receiver.log.warn({ status: refusal.status, path: c.req.path, error: refusal.message }, "refused a log");
    if (refusal.status === 401) c.header("WWW-Authenticate", "Bearer");
    if (refusal.status === 503 || refusal.status === 429) c.header("Retry-After", "10");
    return c.text(`${refusal.message}\n`, refusal.status);
  }
}

/** The address of the client. Empty outside a server, in tests. */
function sourceOf(c: Context): string {
  const { incoming } = (c.env ?? {}) as { readonly incoming?: IncomingMessage };
  return incoming?.socket.remoteAddress ?? "";
}

async function builderOf(authorization: string | undefined, source: string, { review }: Receiver): Promise<Builder> {
  const token = /^Bearer (?<token>[^\s]+)$/i.exec(authorization ?? "")?.groups?.["token"];
  if (token === undefined)
    throw new Refusal(401, "Only builders may write logs; send the token of the pod or host as Authorization: Bearer");
  const bearer = await review(token, source).catch((error: unknown) => {
    if (error instanceof TooManyRequests) throw new Refusal(429, `The token is not reviewed now: ${error.message}`);
    throw new Refusal(503, `The token cannot be reviewed now (${String(error)}); send the log again later`);
  });
  if (bearer === "invalid")
    throw new Refusal(401, "The token is invalid, expired, for another audience, or belongs to a deleted pod or host");
  if ("other" in bearer) throw new Refusal(403, `Only builders of this namespace may write logs, not ${bearer.other}`);
  return bearer;
}

/** A builder writes only logs of Builds that it holds, or that it built last. */
async function checkHolder(builder: Builder, path: string, { holding }: Receiver): Promise<void> {
  const holds = await holding(builder, path.slice(0, path.lastIndexOf("/"))).catch((error: unknown) => {
    if (error instanceof TooManyRequests) throw new Refusal(429, `The Build is not looked up now: ${error.message}`);
    throw new Refusal(503, `The Build of the log cannot be read now (${String(error)}); send the log again later`);
  });
  if (!holds) throw new Refusal(403, `No Build of this path has a claim or the latest verdict of "${builder.builder}"`);
}

function logPath(pathname: string): string {
  const path = decodePath(pathname.slice(1))?.join("/");
  if (path !== undefined && isLogPath(path)) return path;
  throw new Refusal(400, "Expected the path owner/repository/number/commit/check/file of a build log");
}

async function store(c: Context, path: string, receiver: Receiver): Promise<{ size: number; isNew: boolean }> {
  const { directory, space } = receiver;
  const declaredSize = Number(c.req.header("Content-Length") ?? 0);
  checkSize(declaredSize, 0, receiver);
  const arrived = { size: 0 };
  const before = await sizeOf(join(directory, path));
  try {
    await receiver.store.put(path, counted(c.req.raw.body, arrived, receiver), c.req.header("Content-Type") ?? "");
  } catch (error) {
    space.add(-arrived.size);
    throw error;
  }
  space.add(-before);
  return { size: arrived.size, isNew: before === 0 };
}

/** Passes the bytes on while they fit, and counts them. */
async function* counted(
  body: ReadableStream<Uint8Array> | null,
  arrived: { size: number },
  receiver: Receiver,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body === null ? [] : atPace(body, receiver.pace)) {
    checkSize(piece.length, arrived.size, receiver);
    arrived.size += piece.length;
    receiver.space.add(piece.length);
    yield piece;
  }
}

function checkSize(bytes: number, received: number, { maxSize, space }: Receiver): void {
  if (received + bytes > maxSize)
    throw new Refusal(
      413,
      `The log is larger than ${maxSize} bytes; raise logs.maxSize of the chart, or lower spec.logs.maxSize of the pool`,
    );
  if (!space.fits(bytes)) throw noSpace(`the quota of ${space.quota} bytes is used up`);
}

function refusalOf(error: unknown): Refusal {
  const { message } = error as Error;
  if (isDiskFull(error)) return noSpace(message);
  if (error instanceof TooSlow) return new Refusal(408, "The log arrived too slowly; send it again later");
  return new Refusal(503, `The log could not be stored (${message}); send it again later`);
}

function noSpace(why: string): Refusal {
  return new Refusal(
    507,
    `No space for the log: ${why}; enlarge the volume of the log service or keep logs for a shorter time`,
  );
}
