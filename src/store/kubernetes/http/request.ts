import { isStoreError } from "../../error.ts";
import type { Access } from "../access.ts";
import { refusedError, unansweredError } from "./failure.ts";
import { type HttpRequest, type HttpResponse, httpRequest } from "./httpRequest.ts";

/** A request to the API server, with words for its error messages. */
export interface ApiRequest extends HttpRequest {
  /** The request in words, to follow "refused to": `update Builder "o2-0"`. */
  readonly what: string;
  /** Name of the requested object; absent for lists and watches. */
  readonly name?: string;
}

/**
 * Sends the request and returns the result of `read` for a successful response. Throws StoreError for an error status
 * and for a missing or incomplete response. Throws the signal's reason after an abort.
 */
export async function request<T>(
  access: Access,
  call: ApiRequest,
  read: (response: HttpResponse) => Promise<T>,
): Promise<T> {
  const { what, name, signal } = call;
  try {
    const response = await httpRequest(access, call);
    const { status, retryAfter } = response;
    if (status >= 300) throw refusedError({ what, name, status, retryAfter, body: await textOf(response) });
    return await read(response);
  } catch (error) {
    signal?.throwIfAborted();
    throw isStoreError(error) ? error : unansweredError(what, error);
  }
}

/** Returns the whole text of a response. */
export async function textOf({ chunks }: HttpResponse): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString("utf8");
}
