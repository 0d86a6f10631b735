import { join } from "node:path";
import type { Context } from "hono";
import { isLogPath } from "../../core/report/log/paths.ts";
import type { Log } from "../../system/log.ts";
import type { LogStore } from "../logStore.ts";
import { decodePath } from "../path.ts";
import type { Review } from "./review.ts";
import { type FreeSpace, sizeOf } from "./room.ts";

export interface Receiver {
  readonly directory: string;
  readonly store: LogStore;
  readonly review: Review;
  readonly room: FreeSpace;
  /** Largest log, bytes. */
  readonly maxSize: number;
  readonly log: Log;
  /** Told how each request ended. */
  count(status: number): void;
}

type Refusal = 400 | 401 | 403 | 413 | 503 | 507;

/** Ends a request with a status and a sentence for whoever reads the builder's log. */
class Refused extends Error {
  readonly status: Refusal;
  constructor(status: Refusal, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** Takes one log from a builder: whole, or not at all. What was there before stays until the last byte of the new one is on the disk. */
export async function createReceiver(c: Context, receiver: Receiver): Promise<Response> {
  const response = await answer(c, receiver);
  receiver.count(response.status);
  return response;
}

async function answer(c: Context, receiver: Receiver): Promise<Response> {
  try {
    const builder = await builderOf(c.req.header("Authorization"), receiver);
    const path = logPath(new URL(c.req.url).pathname);
    const { size, isNew } = await keep(c, path, receiver);
    receiver.log.info({ builder, path, size }, "a log arrived");
    return c.body(null, isNew ? 201 : 204);
  } catch (error) {
    const refused = error instanceof Refused ? error : failed(error);
    receiver.log.warn({ status: refused.status, path: c.req.path, error: refused.message }, "a log was not taken");
    if (refused.status === 401) c.header("WWW-Authenticate", "Bearer");
    if (refused.status === 503) c.header("Retry-After", "10");
    return c.text(`${refused.message}\n`, refused.status);
  }
}

async function builderOf(authorization: string | undefined, { review }: Receiver): Promise<string> {
  const token = /^Bearer (?<token>[^\s]+)$/i.exec(authorization ?? "")?.groups?.["token"];
  if (token === undefined)
    throw new Refused(401, "Only builders may write logs: send the token of the pod as Authorization: Bearer");
  const bearer = await review(token).catch((error: unknown) => {
    throw new Refused(
      503,
      `It cannot be found out now whose token this is (${String(error)}); send the log again later`,
    );
  });
  if (bearer === "nobody")
    throw new Refused(401, "The token is false, has ended, belongs to a pod that is gone, or is for another audience");
  if ("stranger" in bearer)
    throw new Refused(403, `Only the pods of builder pools of this namespace may write logs, not ${bearer.stranger}`);
  return bearer.builder;
}

function logPath(pathname: string): string {
  const path = decodePath(pathname.slice(1))?.join("/");
  if (path !== undefined && isLogPath(path)) return path;
  throw new Refused(400, "Expected the path owner/repository/number/commit/check/file of a build's log");
}

async function keep(c: Context, path: string, receiver: Receiver): Promise<{ size: number; isNew: boolean }> {
  const { directory, store, room } = receiver;
  const announced = Number(c.req.header("Content-Length") ?? 0);
  admit(announced, 0, receiver);
  const arrived = { size: 0 };
  const before = await sizeOf(join(directory, path));
  try {
    await store.put(path, counted(c.req.raw.body, arrived, receiver), c.req.header("Content-Type") ?? "");
  } catch (error) {
    room.add(-arrived.size);
    throw error;
  }
  room.add(-before);
  return { size: arrived.size, isNew: before === 0 };
}

/** Lets bytes through, as many as are allowed. */
async function* counted(
  body: ReadableStream<Uint8Array> | null,
  arrived: { size: number },
  receiver: Receiver,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body ?? []) {
    admit(piece.length, arrived.size, receiver);
    arrived.size += piece.length;
    receiver.room.add(piece.length);
    yield piece;
  }
}

function admit(bytes: number, before: number, { maxSize, room }: Receiver): void {
  if (before + bytes > maxSize)
    throw new Refused(
      413,
      `The log is larger than ${maxSize} bytes; raise logs.maxSize of the chart, or lower spec.logs.maxSize of the pool`,
    );
  if (!room.fits(bytes)) throw full(`all ${room.quota} bytes that logs may take are taken`);
}

function failed(error: unknown): Refused {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return full(message);
  return new Refused(503, `The log could not be kept (${message}); send it again later`);
}

function full(why: string): Refused {
  return new Refused(
    507,
    `There is no room for the log (${why}); enlarge the volume of the log service or keep logs for less long`,
  );
}
