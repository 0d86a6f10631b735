import { z } from "zod";
import { messageOf } from "../../../system/messageOf.ts";
import { parseJson } from "../../../system/parseJson.ts";
import { StoreError, type StoreErrorCode } from "../../error.ts";

/** The fields of Kubernetes' Status that distinguish refusals. */
const Status = z.object({
  reason: z.string().optional(),
  message: z.string().optional(),
  code: z.number().optional(),
  details: z
    .object({ name: z.string().optional(), retryAfterSeconds: z.number().optional() })
    .nullish()
    .transform((details) => details ?? undefined),
});

/** A response with an error status. */
export interface Refusal {
  /** The request in words, to follow "refused to": `update Builder "o2-0"`. */
  readonly what: string;
  /** Name of the requested object; undefined for lists and watches. */
  readonly name: string | undefined;
  /** HTTP status, or the code of a Status inside a watch. */
  readonly status: number;
  /** Text of the response, usually a Status. */
  readonly body: unknown;
  /** Header Retry-After, in seconds. */
  readonly retryAfter?: string | undefined;
}

/** Returns the refusal as a StoreError with the server's own message. */
export function refusedError(refusal: Refusal): StoreError {
  const { what, status, body, retryAfter } = refusal;
  const answer = Status.safeParse(typeof body === "string" ? parseJson(body) : body).data;
  const code = codeOf(refusal, answer);
  const words = answer?.message ?? (typeof body === "string" ? body.trim() : "");
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : answer?.details?.retryAfterSeconds;
  const hint = status === 404 && answer === undefined ? "; check that its CustomResourceDefinition is installed" : "";
  return new StoreError(code, `the API server refused to ${what} (${status}): ${words.slice(0, 1000)}${hint}`, {
    ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1000 }),
  });
}

/** Returns the StoreError for a missing or incomplete response. The write may or may not have happened. */
export function unansweredError(what: string, error: unknown): StoreError {
  const reason = messageOf(error);
  return new StoreError("Unavailable", `the API server did not answer the request to ${what}: ${reason}`, {
    cause: error,
  });
}

function codeOf({ status, name }: Refusal, answer: z.infer<typeof Status> | undefined): StoreErrorCode {
  if (status === 401) return "Unauthorized";
  if (status === 403) return "Forbidden";
  // A 404 for the path itself, as with a missing CRD, does not mean that the object is absent.
  if (status === 404) return name !== undefined && answer?.details?.name === name ? "NotFound" : "Unavailable";
  if (status === 409) return answer?.reason === "AlreadyExists" ? "AlreadyExists" : "Conflict";
  if (status === 410) return "Expired";
  if (status === 500 && brokenObject.test(answer?.message ?? "")) return "Invalid";
  if (status === 408 || status === 429 || status >= 500) return "Unavailable";
  return "Invalid";
}

/** A server-side apply of an object that does not fit its type is an error of the object, although the status is 500. */
const brokenObject =
  /^failed to create (typed|manager for|typed patch) |field not declared in schema|^failed to convert /;
