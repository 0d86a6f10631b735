import { closeSync, openSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CellEvent } from "../../../api/cell/event.ts";
import type { BuildResult } from "../../../api/logs/result.ts";
import type { Verdict } from "../../../api/objects/build.ts";
import { bytes } from "../../../api/values/quantity.ts";
import { fullLogBeginOf, fullLogEndOf, fullLogHeadOf, type LogFile } from "../../../core/report/log/fullLog.ts";
import { logDirectoryOf, resultPageName } from "../../../core/report/log/paths.ts";
import { resultPageOf } from "../../../core/report/page/page.ts";
import { flakyClauseOf } from "../../../core/verdict/flaky.ts";
import { olderBaseClauseOf } from "../../../core/verdict/olderBase.ts";
import { isDiskFull } from "../../../system/diskFull.ts";
import { messageOf } from "../../../system/messageOf.ts";
import { type Brain, StoppedError } from "../../brain.ts";
import { entryFiles } from "../../report/outbox.ts";
import type { Work } from "../work.ts";
import { type BuildFacts, pullRequestUrl, resultOf } from "./result.ts";

export interface KeptLog {
  /** Path of the result page in the log store. */
  readonly path: string;
  readonly url: string;
  /** Whether the log is uploaded. Waits at most `ms` milliseconds. */
  arrived(ms: number, signal: AbortSignal): Promise<boolean>;
}

/** The package logs of one attempt. They are written to the work volume while the cell sends them. */
export interface BuildLog extends AsyncDisposable {
  /** Appends the text of an event. Ignores events without log text. */
  append(event: CellEvent): void;
  /** Whether the cell has sent a package log. */
  hasText(): boolean;
  /**
   * Completes the log and adds it to the outbox. Returns undefined for a skipped build, which has nothing to show. The
   * page of a conflict names its files, without a log. Throws StoppedError when the disk refused a write.
   */
  keep(facts: BuildFacts): Promise<KeptLog | undefined>;
}

/** Results with a page although no package log exists. */
const pagesWithoutLog: ReadonlySet<Verdict["result"]> = new Set(["Success", "Failure", "Conflict", "TooBig"]);

/** Bytes allowed for headings and separators, on top of the logs themselves. */
const headingBytes = 2 ** 20;

export async function openBuildLog(brain: Brain, work: Work, attempt: number): Promise<BuildLog> {
  const { world, outbox } = brain;
  const { build, pool } = work;
  const folder = await outbox.begin(`${build.metadata.name}.${attempt}`);
  const body = openBody(join(folder, entryFiles.body), bytes(pool.spec.logs.maxSize) + headingBytes);
  let isKept = false;

  return {
    append: body.append,
    hasText: body.hasText,
    async keep(facts) {
      const files = body.end();
      const { result } = facts.outcome;
      if (files.length === 0 && !pagesWithoutLog.has(result)) return undefined;
      const directory = logDirectoryOf(build.spec);
      const path = `${directory}/${resultPageName}`;
      try {
        await writeFile(join(folder, entryFiles.head), headOf(world.host, work, facts, files));
        const found = resultOf(brain, work, { ...facts, attempt }, { path, hasLogs: files.length > 0 });
        await writeFile(join(folder, entryFiles.result), `${JSON.stringify(found, undefined, 2)}\n`);
        await writeFile(join(folder, entryFiles.page), pageOf(found, work, facts));
        await outbox.send(folder, { build: build.metadata.name, attempt, directory });
      } catch (error) {
        throw logNotKept(error);
      }
      isKept = true;
      return { path, url: world.logs.url(path), arrived: (ms, signal) => outbox.arrived(folder, ms, signal) };
    },
    async [Symbol.asyncDispose]() {
      body.close();
      if (!isKept) await outbox.drop(folder);
    },
  };
}

interface Body {
  append(event: CellEvent): void;
  hasText(): boolean;
  /** Ends the last log and returns all logs. Throws StoppedError when a write failed. */
  end(): readonly LogFile[];
  close(): void;
}

/** Writes every piece at once, so memory stays small even with a fast cell. Drops everything beyond `room` bytes. */
function openBody(path: string, room: number): Body {
  const descriptor = openSync(path, "w");
  const files: LogFile[] = [];
  let left = room;
  let endsLine = true;
  let failure: unknown;

  function write(text: string): void {
    if (failure !== undefined || text === "" || left <= 0) return;
    try {
      left -= writeSync(descriptor, text);
      endsLine = text.endsWith("\n");
    } catch (error) {
      failure = error;
    }
  }
  function endLast(): void {
    const last = files.at(-1);
    if (last !== undefined) write(`${endsLine ? "" : "\n"}${fullLogEndOf(last)}`);
  }

  return {
    append(event) {
      if (event.event === "logText") write(event.text);
      if (event.event !== "logFile" || left <= 0) return;
      endLast();
      files.push(event);
      write(fullLogBeginOf(event));
    },
    hasText: () => files.length > 0,
    end() {
      endLast();
      if (failure !== undefined) throw logNotKept(failure);
      return files;
    },
    close: () => closeSync(descriptor),
  };
}

function headOf(host: string, { build, pool }: Work, { finishedAt }: BuildFacts, files: readonly LogFile[]): string {
  const { commit } = build.spec;
  return fullLogHeadOf({ host, finishedAt, commit, pullRequest: pullRequestUrl(build.spec, pool), files });
}

function pageOf(found: BuildResult, { build, check }: Work, { outcome }: BuildFacts): string {
  const { findings, versions, commands, conflicts, missing } = outcome;
  const { builder, result, finishedAt, links, developmentPackages, olderBase, ...facts } = found;
  const last = { ...build, status: withLast(build, result, builder, finishedAt) };
  const flaky = flakyClauseOf(last);
  return resultPageOf({
    ...{ ...facts, builder, result, finishedAt, pullRequest: links.pullRequest, hasFullLog: links.log !== undefined },
    ...{ checkout: check.checkout, sources: developmentPackages, olderBase: olderBaseClauseOf(olderBase) },
    ...{ findings, versions, commands, conflicts, missing, flaky },
  });
}

/** The status of the Build with this result as its last verdict, to compare it with earlier verdicts. */
function withLast(
  { spec, status }: Work["build"],
  result: Verdict["result"],
  builder: string,
  finishedAt: string,
): Work["build"]["status"] {
  const { commit, request } = spec;
  const attempt = status?.attempt ?? 0;
  const times = { startedAt: finishedAt, finishedAt };
  const verdict = { commit, request, attempt, builder, result, description: "", silent: false, ...times };
  const earlier = status?.verdict === undefined ? [] : [status.verdict];
  return { phase: "Done", attempt, verdict, history: [...earlier, ...(status?.history ?? [])] };
}

function logNotKept(error: unknown): StoppedError {
  const sentence = `The log of the build could not be written to the work volume (${messageOf(error)}); free space there`;
  return new StoppedError(isDiskFull(error) ? "DiskFull" : "LogStoreFailed", sentence);
}
