import { z } from "zod";
import { messageOf } from "../../../system/messageOf.ts";
import { parseJson } from "../../../system/parseJson.ts";
import { StoreError, type StoreErrorCode } from "../../error.ts";

/** The part of Kubernetes' Status that tells one refusal from another. */
const Status = z.object({
  reason: z.string().optional(),
  message: z.string().optional(),
  code: z.number().optional(),
  details: z
    .object({ name: z.string().optional(), retryAfterSeconds: z.number().optional() })
    .nullish()
    .transform((details) => details ?? undefined),
});

export interface Refusal {
  /** What was asked, as it goes on after "refused to": `update Builder "o2-0"`. */
  readonly what: string;
  /** Name of the object asked for; absent for lists and watches. */
  readonly name: string | undefined;
  /** HTTP status, or the code in a Status that came down a watch. */
  readonly status: number;
  /** The answer's text, a Status as a rule. */
  readonly body: unknown;
  /** Header Retry-After. */
  readonly retryAfter?: string | undefined;
}

/** The server's refusal as a StoreError, with the server's own words. */
export function refusedError(refusal: Refusal): StoreError {
  const { what, status, body, retryAfter } = refusal;
  const said = Status.safeParse(typeof body === "string" ? parseJson(body) : body).data;
  const code = codeOf(refusal, said);
  const words = said?.message ?? (typeof body === "string" ? body.trim() : "");
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : said?.details?.retryAfterSeconds;
  const hint = status === 404 && said === undefined ? "; check that its CustomResourceDefinition is installed" : "";
  return new StoreError(code, `the API server refused to ${what} (${status}): ${words.slice(0, 1000)}${hint}`, {
    ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1000 }),
  });
}

/** No answer, or half of one: whether a write happened is not known. */
export function unansweredError(what: string, error: unknown): StoreError {
  const reason = messageOf(error);
  return new StoreError("Unavailable", `the API server did not answer to ${what}: ${reason}`, { cause: error });
}

function codeOf({ status, name }: Refusal, said: z.infer<typeof Status> | undefined): StoreErrorCode {
  if (status === 401 || status === 403) return "Forbidden";
  // A path that is not served, as while a CRD is missing, says nothing about the object.
  if (status === 404) return name !== undefined && said?.details?.name === name ? "NotFound" : "Unavailable";
  if (status === 409) return said?.reason === "AlreadyExists" ? "AlreadyExists" : "Conflict";
  if (status === 410) return "Expired";
  if (status === 408 || status === 429 || status >= 500) return "Unavailable";
  return "Invalid";
}

function parsed(body: unknown): unknown {
  return typeof body === "string" ? parseJson(body) : body;
}
