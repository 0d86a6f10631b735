import type { BuilderStatus } from "../../../api/objects/builder.ts";

/** The failure of the warm-up step that is tried again, with the time of the next try; undefined without a retry. */
export function warmupRetryOf(status: Pick<BuilderStatus, "warmup" | "phase"> | undefined): string | undefined {
  const { failures = [], retryAt } = status?.warmup ?? {};
  const failure = failures.at(-1);
  if (status?.phase !== "Warming" || failure === undefined || retryAt === undefined) return undefined;
  return `${failure}; ${nextTry(retryAt)}`;
}

/** The clause about the time of the next try. */
export function nextTry(retryAt: string): string {
  return `next try at ${retryAt.slice(11, 19)} UTC`;
}
