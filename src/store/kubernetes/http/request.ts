import { isStoreError } from "../../error.ts";
import type { Access } from "../access.ts";
import { refusedError, unansweredError } from "./failure.ts";
import { type HttpRequest, type HttpResponse, httpRequest } from "./httpRequest.ts";

export interface ApiRequest extends HttpRequest {
  /** What is asked, as it goes on after "refused to": `update Builder "o2-0"`. */
  readonly what: string;
  /** Name of the object asked for; absent for lists and watches. */
  readonly name?: string;
}

/** What `read` makes of a successful answer. Throws StoreError for every other one and for none, and the signal's reason. */
export async function request<T>(
  access: Access,
  question: ApiRequest,
  read: (answer: HttpResponse) => Promise<T>,
): Promise<T> {
  const { what, name, signal } = question;
  try {
    const answer = await httpRequest(access, question);
    const { status, retryAfter } = answer;
    if (status >= 300) throw refusedError({ what, name, status, retryAfter, body: await textOf(answer) });
    return await read(answer);
  } catch (error) {
    signal?.throwIfAborted();
    throw isStoreError(error) ? error : unansweredError(what, error);
  }
}

/** The whole text of an answer. */
export async function textOf({ chunks }: HttpResponse): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString("utf8");
}
