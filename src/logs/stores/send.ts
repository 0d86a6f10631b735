import { formatDuration } from "../../api/values/duration.ts";

/** The log store answered, and not with success. */
export class LogStoreAnswer extends Error {
  override readonly name = "LogStoreAnswer";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An HTTP request to a log store. */
export interface StoreRequest {
  /** The subject of error messages: "The log service" or "The bucket". */
  readonly service: string;
  readonly address: string;
  readonly method: string;
  readonly headers: NonNullable<RequestInit["headers"]>;
  readonly body?: NonNullable<RequestInit["body"]>;
  /** Timeout until the whole response has arrived, in milliseconds. */
  readonly deadline: number;
  /** A secret to remove from error messages, even if the response contains it. */
  readonly secret: string;
  /** Extracts the message from an error response; by default its first line. */
  readonly quote?: (text: string) => string;
}

/**
 * Sends one request. Follows no redirect, because it carries a credential. Throws an Error with status and URL unless
 * it succeeds.
 */
export async function send(request: StoreRequest): Promise<{ readonly headers: Headers; readonly text: string }> {
  const { service, address, method, headers, body, deadline, secret, quote = firstLine } = request;
  const signal = AbortSignal.timeout(deadline);
  let response: Response;
  let text: string;
  try {
    const duplex = "half";
    response = await fetch(address, { method, headers, redirect: "manual", signal, ...(body && { body, duplex }) });
    text = await response.text();
  } catch (error) {
    if (signal.aborted)
      throw new Error(`${service} did not answer ${method} ${address} within ${formatDuration(deadline)}`);
    throw new Error(`${service} cannot be reached at ${address} (${reasonOf(error)})`);
  }
  if (response.ok) return { headers: response.headers, text };
  const message = quote(text).trim().replaceAll(secret, "…").slice(0, 300);
  throw new LogStoreAnswer(
    response.status,
    `${service} answered ${response.status} to ${address}${message === "" ? "" : `: ${message}`}`,
  );
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

/** The reason of a failed fetch. Its message is only "fetch failed", and the reason is in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? (cause instanceof Error ? cause.message : message);
}
