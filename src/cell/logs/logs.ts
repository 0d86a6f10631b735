import type { Findings } from "../../api/cell/event.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import { isFetchLog } from "../../core/report/scan/rules.ts";
import { LogScanner } from "../../core/report/scan/scan.ts";
import { messageOf } from "../../system/messageOf.ts";
import type { CellContext } from "../cellContext.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { type FoundLog, findLogs, packageOf } from "./findLogs.ts";
import { type LogQuota, logQuotasOf } from "./quotas.ts";
import { sendTestReports } from "./testReports.ts";
import { type Said, sendWords } from "./words.ts";

/** The result of reading all logs of a build. */
export interface ReadLogs {
  readonly findings: Findings;
  /** aliBuild could not fetch something. */
  readonly fetchFailed: boolean;
  /** aliBuild began to build a package. */
  readonly began: boolean;
}

const pieceBytes = 128 * 1024;

/**
 * Reads every log of the build once, with constant memory. The scanner gets all text, the builder gets the text within
 * the limit.
 */
export async function readLogs(context: CellContext, built: Said): Promise<ReadLogs> {
  const { order, emit } = context;
  await emit({ event: "step", step: "logs" });
  const scanner = new LogScanner({ isImportant: (path) => isImportant(order.check, path) });
  await sendWords(context, scanner, built);
  const logs = await findLogs(order.paths.area);
  const parts = logQuotasOf(
    logs.map(({ bytes }) => bytes),
    order.limits.logBytes,
  );
  try {
    for (const [index, log] of logs.entries())
      await readLog(context, scanner, log, parts[index] ?? { head: 0, tail: 0 });
  } catch (error) {
    const reason = messageOf(error);
    throw new InfrastructureFailure("LogStoreFailed", `The logs of the build cannot be read: ${reason}`);
  } finally {
    for (const { file } of logs) await file.close();
  }
  await sendTestReports(context, scanner, built);
  const fetchLogs = logs.filter(({ path }) => isFetchLog(path));
  return { findings: scanner.findings(), fetchFailed: fetchLogs.length > 0, began: fetchLogs.length < logs.length };
}

async function readLog(context: CellContext, scanner: LogScanner, log: FoundLog, share: LogQuota): Promise<void> {
  await context.emit({
    event: "logFile",
    path: log.path,
    startedAt: new Date(log.startedAt).toISOString(),
    finishedAt: new Date(log.finishedAt).toISOString(),
    bytes: log.bytes,
  });
  scanner.begin(log.path);
  const buffer = Buffer.allocUnsafe(pieceBytes);
  const left = log.bytes - share.head - share.tail;
  let decoder = new TextDecoder();
  const edges = [share.head, share.head + left, log.bytes];
  for (const [part, end] of edges.entries()) {
    let at = part === 0 ? 0 : (edges[part - 1] ?? 0);
    if (part === 1 && left > 0) {
      await send(context, `${decoder.decode()}\n[… ${left} bytes left out …]\n`);
      decoder = new TextDecoder();
    }
    while (at < end) {
      context.signal.throwIfAborted();
      const { bytesRead } = await log.file.read(buffer, 0, Math.min(pieceBytes, end - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const piece = buffer.subarray(0, bytesRead);
      scanner.write(piece);
      if (part !== 1) await send(context, decoder.decode(piece, { stream: true }));
    }
  }
  await send(context, decoder.decode());
  scanner.end();
}

async function send(context: CellContext, text: string): Promise<void> {
  if (text !== "") await context.emit({ event: "logText", text });
}

/**
 * Whether warnings in a log count: in the logs of the check's package and development packages. For alidist all logs
 * count.
 */
function isImportant(check: ResolvedCheck, path: string): boolean {
  if (check.checkout === "alidist") return true;
  const names = [check.package, ...check.developmentPackages.map(({ directory }) => directory)];
  return names.filter((name) => name !== "alidist").includes(packageOf(path));
}
