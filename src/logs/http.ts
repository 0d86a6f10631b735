import { formatDuration, milliseconds } from "../api/duration.ts";
import type { LogStore } from "./logStore.ts";
import { checked } from "./path.ts";

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
export function httpLogStore(options: HttpLogStoreOptions): LogStore {
  const [putUrl, url] = [options.putUrl, options.url].map((base) => base.replace(/\/+$/, ""));
  const below = (path: string) => checked(path).map(encodeURIComponent).join("/");
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
  const signal = AbortSignal.timeout(deadline);
  let answer: Response;
  try {
    answer = await fetch(address, {
      method: "PUT",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": contentType },
      body: source.body,
      duplex: "half",
      redirect: "manual",
      signal,
    });
  } catch (error) {
    if (source.failure !== undefined) throw source.failure.error;
    if (signal.aborted) throw new Error(`The log service did not take ${address} within ${formatDuration(deadline)}`);
    throw new Error(`The log service cannot be reached for ${address} (${reasonOf(error)})`);
  }
  const said = await answer.text().catch(() => "");
  if (answer.ok) return;
  const sentence = (said.split("\n")[0] ?? "").trim().replaceAll(token, "…").slice(0, 300);
  throw new Error(`The log service answered ${answer.status} to ${address}${sentence === "" ? "" : `: ${sentence}`}`);
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

/** Fetch says "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? (cause instanceof Error ? cause.message : message);
}
