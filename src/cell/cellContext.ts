import type { CellEvent } from "../api/cell/event.ts";
import type { Order } from "../api/cell/order.ts";
import { milliseconds } from "../api/values/duration.ts";
import type { Clock } from "../system/clock.ts";
import { type Command, type Ended, run } from "../system/process/run.ts";

/** What every step of an order works with. */
export interface CellContext {
  readonly order: Order;
  /** Environment of everything the cell runs. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Aborted when the cell must end at once. */
  readonly signal: AbortSignal;
  /** Resolves when the builder has room for more. */
  emit(event: CellEvent): Promise<void>;
  /** Text for the cell's standard output. */
  print(chunk: Uint8Array): Promise<void>;
  /** Ends every process that a step left behind. */
  quiesce(): Promise<void>;
}

/** Runs a short command within the check's command limit. */
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

/** The last line a command wrote that says something. */
export function lastLineOf(ended: Ended): string {
  if (ended.notStarted !== undefined) return ended.notStarted.split("\n").at(-1) ?? "";
  const line = ended.tail
    .split(/[\r\n]+/)
    .findLast((text) => text.trim() !== "")
    ?.trim();
  return (line ?? "it wrote nothing").slice(0, 500);
}

/** How a command ended, as the end of a sentence. */
export function endingOf(ended: Ended): string {
  if (ended.notStarted !== undefined) return "could not be started";
  if (ended.timedOut) return "did not end within its limit";
  return ended.exitCode === undefined ? `was killed by ${ended.signal ?? "a signal"}` : `failed with ${ended.exitCode}`;
}
