import { parseArgs } from "node:util";
import type { CellEvent, Outcome } from "../api/cell/event.ts";
import { Order } from "../api/cell/order.ts";
import { systemClock } from "../system/clock.ts";
import { messageOf } from "../system/messageOf.ts";
import { killSurvivors } from "../system/process/survivors.ts";
import { type Events, openEvents } from "./channel/events.ts";
import { readOrderLine } from "./channel/lifeLine.ts";
import { createPrinter } from "./channel/printer.ts";
import { cellEnvironmentOf } from "./environment.ts";
import { perform } from "./perform.ts";
import { becomeUser } from "./user.ts";

/*
 * The cell program: `node main.ts [--user UID:GID]`.
 * Standard input: one order as a line of JSON. The input then stays open, and the cell exits when it closes.
 * File descriptor 3: events as JSON lines. The last event is `outcome`.
 * Standard output: the output of the tools. Standard error: diagnostics.
 * Exit codes: 0 after an outcome, 64 for an invalid order or command line, 1 if the input closed or a signal came.
 */

const badUsage = 64;
/** Builds of pull requests read the base as another user. */
const readable = 0o022;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { user: { type: "string" } } });
  if (values.user !== undefined) becomeUser(values.user);
  process.chdir("/");
  const end = new AbortController();
  let id = "";
  const stop = () => {
    if (end.signal.aborted) return;
    end.abort();
    void killSurvivors(id).finally(() => process.exit(1));
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  process.stdout.on("error", stop);
  const events = openEvents(3, stop);
  if (events === undefined) throw new Error("The event channel on file descriptor 3 is closed; open it (3>events)");
  const line = await readOrderLine(process.stdin, stop);
  const order = readOrder(line);
  if (typeof order === "string") {
    await finish(events, { kind: "Infrastructure", reason: "CellDied", message: order.slice(0, 1024) });
    return badUsage;
  }
  id = order.id;
  if (order.cell === "base") process.umask(readable);
  const outcome = await perform({
    order,
    env: cellEnvironmentOf(order, process.env),
    clock: systemClock,
    signal: end.signal,
    emit: (event: CellEvent) => events.emit(event),
    print: createPrinter(process.stdout),
    quiesce: async () => {
      await killSurvivors(order.id);
    },
  }).catch((error: unknown): Outcome => {
    console.error(error);
    const reason = messageOf(error);
    return { kind: "Infrastructure", reason: "CellDied", message: `The cell failed: ${reason}`.slice(0, 1024) };
  });
  if (end.signal.aborted) return await new Promise<never>(() => {});
  await killSurvivors(order.id);
  await finish(events, outcome);
  return 0;
}

/** The order, or the sentence about an invalid order. */
function readOrder(line: string | undefined): Order | string {
  if (line === undefined)
    return "The cell got no order: expected one line of JSON on standard input, found the end of the input";
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch (error) {
    return `The cell cannot read its order: expected one line of JSON: ${messageOf(error)}`;
  }
  const result = Order.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return `The cell cannot read its order: ${issue?.path.join(".")}: ${issue?.message}; builder and cell may be of different versions`;
}

async function finish(events: Events, outcome: Outcome): Promise<void> {
  await events.emit({ event: "outcome", outcome });
  await events.close();
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(badUsage);
  },
);
