import { closeSync, openSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import { bytes } from "../../api/values/quantity.ts";
import { fullLogBeginOf, fullLogEndOf, fullLogHeadOf, type LogFile } from "../../core/report/log/fullLog.ts";
import { logDirectoryOf, resultPageName } from "../../core/report/log/paths.ts";
import { resultPageOf } from "../../core/report/page/page.ts";
import { isDiskFull } from "../../system/diskFull.ts";
import { messageOf } from "../../system/messageOf.ts";
import { type Brain, StoppedError } from "../brain.ts";
import { entryFiles } from "../report/outbox.ts";
import type { Work } from "./work.ts";

export interface BuildFacts {
  readonly outcome: Extract<Outcome, { kind: "Verdict" }>;
  readonly startedAt: string;
  readonly finishedAt: string;
}

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
   * Completes the log and adds it to the outbox. Returns undefined when nothing was built, because then no log exists.
   * Throws StoppedError when the disk refused a write.
   */
  keep(facts: BuildFacts): Promise<KeptLog | undefined>;
}

/** Bytes allowed for headings and separators, on top of the logs themselves. */
const headingBytes = 2 ** 20;

export async function openBuildLog({ world, outbox }: Brain, work: Work, attempt: number): Promise<BuildLog> {
  const { build, pool } = work;
  const folder = await outbox.begin(`${build.metadata.name}.${attempt}`);
  const body = openBody(join(folder, entryFiles.body), bytes(pool.spec.logs.maxSize) + headingBytes);
  let isKept = false;

  return {
    append: body.append,
    hasText: body.hasText,
    async keep(facts) {
      const files = body.end();
      if (files.length === 0 && facts.outcome.result !== "Success" && facts.outcome.result !== "Failure")
        return undefined;
      const directory = logDirectoryOf(build.spec);
      const path = `${directory}/${resultPageName}`;
      try {
        await writeFile(join(folder, entryFiles.head), headOf(world.host, work, facts, files));
        await writeFile(join(folder, entryFiles.page), pageOf(world, work, facts));
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

function pageOf(world: Brain["world"], { build, check, pool }: Work, facts: BuildFacts): string {
  const { repository, number, title, commit } = build.spec;
  const { result, findings, versions, commands } = facts.outcome;
  const { startedAt, finishedAt } = facts;
  const who = { builder: world.name, host: world.host, pullRequest: pullRequestUrl(build.spec, pool) };
  const what = { check: check.name, repository, number, title, commit };
  return resultPageOf({ ...what, ...who, result, findings, versions, commands, startedAt, finishedAt });
}

/** URL of the pull request page. The git URL is also the web address, unless it is a local folder. */
function pullRequestUrl({ repository, number }: Work["build"]["spec"], { spec: { github } }: Work["pool"]): string {
  const base = github.gitUrl.startsWith("http") ? github.gitUrl.replace(/\/+$/, "") : "https://github.com";
  return `${base}/${repository}/pull/${number}`;
}

function logNotKept(error: unknown): StoppedError {
  const sentence = `The log of the build could not be written to the work volume (${messageOf(error)}); free space there`;
  return new StoppedError(isDiskFull(error) ? "DiskFull" : "LogStoreFailed", sentence);
}
