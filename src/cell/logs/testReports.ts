import type { Dirent } from "node:fs";
import { opendir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { failedTestLinesOf, isTestReport } from "../../core/report/scan/junit.ts";
import type { LogScanner } from "../../core/report/scan/scan.ts";
import type { CellContext } from "../cellContext.ts";
import { buildFoldersOf, type FoundLog, openRegular, packageOf, printable } from "./findLogs.ts";
import type { Said } from "./words.ts";

/** Bounds of the search in one build folder: entries, depth, reports and their bytes. */
const mostEntries = 200_000;
const deepest = 12;
const mostReports = 200;
const longestReport = 4 * 2 ** 20;
const mostBytes = 32 * 2 ** 20;
/** A report names its suites near the beginning. */
const beginningBytes = 4096;
/** Most characters that all reports together send. */
const mostText = 256 * 1024;
/** The clocks of file systems are coarse. */
const clockError = 2000;

/**
 * Sends the failed tests of the JUnit reports that the failed package wrote during this build, each report as one log.
 * Sends nothing if aliBuild succeeded or names no failed package. Reports of earlier builds stay in warm trees and do not
 * count. The build wrote the reports, so every read is bounded, and no link is followed.
 */
export async function sendTestReports(context: CellContext, scanner: LogScanner, { ended, said }: Said): Promise<void> {
  const failed = said.failedPackage();
  if (ended.exitCode === 0 || failed === undefined) return;
  const since = context.clock.now() - ended.durationMs - clockError;
  const left = { entries: mostEntries, reports: mostReports, bytes: mostBytes, text: mostText };
  const root = await realpath(context.order.paths.area);
  for (const { directory, path } of await buildFoldersOf(root)) {
    if (packageOf(`${path}/log`) !== failed) continue;
    for await (const file of reportsIn(directory, path, left)) {
      try {
        context.signal.throwIfAborted();
        if (file.finishedAt < since) continue;
        const lines = failedTestLinesOf(await readReport(file, left));
        const text = `${lines.join("\n")}\n`.slice(0, left.text);
        if (lines.length === 0 || text === "") continue;
        left.text -= text.length;
        await sendReport(context, scanner, file, text);
      } finally {
        await file.file.close();
      }
    }
  }
}

type Left = Record<"entries" | "reports" | "bytes" | "text", number>;

/** Opens the XML files below a folder, folders near the top first. The caller closes them. */
async function* reportsIn(top: string, shown: string, left: Left): AsyncGenerator<FoundLog> {
  let level = [{ path: top, shown }];
  for (let depth = 0; depth < deepest && level.length > 0; depth += 1) {
    const below: typeof level = [];
    for (const folder of level) {
      for await (const entry of entriesOf(folder.path)) {
        left.entries -= 1;
        if (left.entries < 0 || left.reports <= 0 || left.bytes <= 0) return;
        const place = { path: join(folder.path, entry.name), shown: `${folder.shown}/${printable(entry.name)}` };
        if (entry.isDirectory()) below.push(place);
        if (!entry.isFile() || !entry.name.toLowerCase().endsWith(".xml")) continue;
        const file = await openRegular(place.path, place.shown.slice(0, 500));
        if (file !== undefined) yield file;
      }
    }
    level = below;
  }
}

/** The entries of a folder. None if the folder is a link or cannot be read. */
async function* entriesOf(path: string): AsyncGenerator<Dirent> {
  if ((await realpath(path).catch(() => undefined)) !== path) return;
  const folder = await opendir(path).catch(() => undefined);
  if (folder !== undefined) yield* folder;
}

/** The text of a report, or of its beginning. Empty for another kind of file. */
async function readReport({ file, bytes }: FoundLog, left: Left): Promise<string> {
  const beginning = await readBytes(file, Math.min(beginningBytes, bytes), 0);
  const decoder = decoderOf(beginning);
  if (!isTestReport(decoder.decode(beginning))) return "";
  const size = Math.min(bytes, longestReport, left.bytes);
  left.reports -= 1;
  left.bytes -= size;
  return decoder.decode(await readBytes(file, size, 0));
}

async function readBytes(file: FoundLog["file"], size: number, from: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, from);
  return buffer.subarray(0, bytesRead);
}

/** The decoder for the byte order mark or the declared encoding; UTF-8 for an unknown one. */
function decoderOf(beginning: Buffer): { decode(bytes: Uint8Array): string } {
  const [first, second] = beginning;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le");
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be");
  const declared = /^<\?xml[^>]{0,100}encoding=["']([\w-]{1,40})["']/.exec(beginning.toString("latin1"))?.[1];
  try {
    return new TextDecoder(declared);
  } catch {
    return new TextDecoder();
  }
}

async function sendReport({ emit }: CellContext, scanner: LogScanner, file: FoundLog, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const iso = (instant: number) => new Date(instant).toISOString();
  const times = { startedAt: iso(file.startedAt), finishedAt: iso(file.finishedAt) };
  await emit({ event: "logFile", path: file.path, ...times, bytes: bytes.length });
  await emit({ event: "logText", text });
  scanner.begin(file.path);
  scanner.write(bytes);
  scanner.end();
}
