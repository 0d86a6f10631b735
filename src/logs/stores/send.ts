import { formatDuration } from "../../api/values/duration.ts";

/** A request to where logs land. */
export interface Sending {
  /** "The log service", "The bucket": who did not do it, in the sentence. */
  readonly who: string;
  readonly address: string;
  readonly method: string;
  readonly headers: NonNullable<RequestInit["headers"]>;
  readonly body?: NonNullable<RequestInit["body"]>;
  /** Milliseconds, until the whole answer is there. */
  readonly deadline: number;
  /** What no sentence may show, though the other side says it. */
  readonly secret: string;
  /** What to quote of an answer that is no success; the first line when absent. */
  readonly quote?: (text: string) => string;
}

/** One request; follows no redirect, for it carries a credential. Anything but a success is an Error of one sentence with status and address. */
export async function send(sending: Sending): Promise<{ readonly headers: Headers; readonly text: string }> {
  const { who, address, method, headers, body, deadline, secret, quote = firstLine } = sending;
  const signal = AbortSignal.timeout(deadline);
  let answer: Response;
  let text: string;
  try {
    const duplex = "half";
    answer = await fetch(address, { method, headers, redirect: "manual", signal, ...(body && { body, duplex }) });
    text = await answer.text();
  } catch (error) {
    if (signal.aborted) throw new Error(`${who} did not take ${address} within ${formatDuration(deadline)}`);
    throw new Error(`${who} cannot be reached for ${address} (${reasonOf(error)})`);
  }
  if (answer.ok) return { headers: answer.headers, text };
  const sentence = quote(text).trim().replaceAll(secret, "…").slice(0, 300);
  throw new Error(`${who} answered ${answer.status} to ${address}${sentence === "" ? "" : `: ${sentence}`}`);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

/** Fetch says "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? (cause instanceof Error ? cause.message : message);
}
