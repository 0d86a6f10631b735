import { milliseconds } from "../../api/values/duration.ts";
import type { LogStore } from "../logStore.ts";
import { checkPath } from "../path.ts";
import { send } from "./send.ts";

export interface HttpLogStoreOptions {
  /** Address of the log service; logs are PUT below it. */
  readonly putUrl: string;
  /** Address under which people open what lies there. */
  readonly url: string;
  /** The bearer token of this moment; asked for anew for each log, as projected tokens change. */
  token(): Promise<string>;
  /** Milliseconds for one log. */
  readonly deadline?: number;
}

/** Shorter than the patience of whoever sends: then the sentence is ours, and the connection is closed. */
const defaultDeadline = milliseconds("9m");

/**
 * The log service as a log store. Bytes are streamed: a log need not fit in memory, nor its length be known. Errors name status and
 * address, never the token. The service expires old logs itself, so `expire` frees nothing here.
 */
export function createHttpLogStore(options: HttpLogStoreOptions): LogStore {
  const [putUrl, url] = [options.putUrl, options.url].map((base) => base.replace(/\/+$/, ""));
  const below = (path: string) => checkPath(path).map(encodeURIComponent).join("/");
  return {
    put: async (path, body, contentType) => await put(`${putUrl}/${below(path)}`, body, contentType, options),
    url: (path) => `${url}/${below(path)}`,
    expire: async () => 0,
  };
}

async function put(
  address: string,
  body: AsyncIterable<Uint8Array> | Uint8Array,
  contentType: string,
  { token: lend, deadline = defaultDeadline }: HttpLogStoreOptions,
): Promise<void> {
  const token = (await lend()).trim();
  if (token === "") throw new Error(`The token for the log service at ${address} is empty`);
  const source = watched(body);
  try {
    await send({
      who: "The log service",
      address,
      method: "PUT",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": contentType },
      body: source.body,
      deadline,
      secret: token,
    });
  } catch (error) {
    throw source.failure === undefined ? error : source.failure.error;
  }
}

/** The body for fetch, which would hide behind its own words why the bytes themselves could not be read. */
function watched(body: AsyncIterable<Uint8Array> | Uint8Array) {
  const source: { readonly body: NonNullable<RequestInit["body"]>; failure?: { readonly error: unknown } } = {
    body: body instanceof Uint8Array ? new Uint8Array(body) : ReadableStream.from(remembering(body)),
  };
  async function* remembering(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      source.failure = { error };
      throw error;
    }
  }
  return source;
}
