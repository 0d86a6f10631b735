import { milliseconds } from "../../api/values/duration.ts";
import type { LogStore } from "../logStore.ts";
import { checkPath } from "../path.ts";
import { send } from "./send.ts";

/** Settings of the log service as a log store. */
export interface HttpLogStoreOptions {
  /** Base URL of the log service for uploads. */
  readonly putUrl: string;
  /** Base URL of the stored logs for people. */
  readonly url: string;
  /** The current bearer token. Called for each log, because projected tokens rotate. */
  token(): Promise<string>;
  /** Timeout for one log, in milliseconds. */
  readonly deadline?: number;
}

/** Shorter than the timeout of the callers, so that this error message is reported and the connection is closed. */
const defaultDeadline = milliseconds("9m");

/**
 * Creates a log store on the log service. Bytes are streamed, so a log may exceed the memory and have unknown length.
 * Errors contain status and URL, never the token. The service expires old logs, so `expire` does nothing here.
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
  { token: readToken, deadline = defaultDeadline }: HttpLogStoreOptions,
): Promise<void> {
  const token = (await readToken()).trim();
  if (token === "") throw new Error(`The token for the log service at ${address} is empty`);
  const source = withReadFailure(body);
  try {
    await send({
      service: "The log service",
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

/** The body for fetch, with the original error if reading the bytes fails. Fetch replaces that error by its own. */
function withReadFailure(body: AsyncIterable<Uint8Array> | Uint8Array) {
  const source: { readonly body: NonNullable<RequestInit["body"]>; failure?: { readonly error: unknown } } = {
    body: body instanceof Uint8Array ? new Uint8Array(body) : ReadableStream.from(recording(body)),
  };
  async function* recording(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      source.failure = { error };
      throw error;
    }
  }
  return source;
}
