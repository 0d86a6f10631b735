import type { CellEvent } from "../api/cell/event.ts";
import type { Order } from "../api/cell/order.ts";
import { milliseconds } from "../api/values/duration.ts";
import type { Clock } from "../system/clock.ts";
import { type Command, type Ended, run } from "../system/process/run.ts";

/** The context that every step of an order works with. */
export interface CellContext {
  readonly order: Order;
  /** Environment of all commands of the cell. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Aborted when the cell must exit at once. */
  readonly signal: AbortSignal;
  /** Sends an event. Resolves when the channel accepts more. */
  emit(event: CellEvent): Promise<void>;
  /** Writes to the cell's standard output. */
  print(chunk: Uint8Array): Promise<void>;
  /** Kills every process that a step left behind. */
  quiesce(): Promise<void>;
}

/** Runs a short command, limited by the check's `timeouts.command`. */
export async function runShort(
  context: CellContext,
  command: string,
  args: readonly string[],
  options: Partial<Command> = {},
): Promise<Ended> {
  const ended = await run({
    command,
    args,
    cwd: context.order.paths.area,
    env: context.env,
    signal: context.signal,
    timeoutMs: milliseconds(context.order.check.timeouts.command),
    ...options,
  });
  if (context.order.debug) console.error(`${[command, ...args].join(" ")} (${Math.round(ended.durationMs)} ms)`);
  return ended;
}

/** The last line of a command's output that is not empty, at most 500 characters. */
export function lastLineOf(ended: Ended): string {
  if (ended.notStarted !== undefined) return ended.notStarted.split("\n").at(-1) ?? "";
  const line = ended.tail
    .split(/[\r\n]+/)
    .findLast((text) => text.trim() !== "")
    ?.trim();
  return (line ?? "the output is empty").slice(0, 500);
}

/** The result of a failed command, as the end of a sentence. */
export function endingOf(ended: Ended): string {
  if (ended.notStarted !== undefined) return "could not be started";
  if (ended.timedOut) return "exceeded its time limit";
  return ended.exitCode === undefined ? `was killed by ${ended.signal ?? "a signal"}` : `failed with ${ended.exitCode}`;
}
