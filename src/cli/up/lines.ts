import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { formatDuration } from "../../api/values/duration.ts";
import { idleReasonsOf } from "../../core/queue/idle.ts";
import { lowerFirstWord } from "../../core/queue/sentence.ts";
import { attention, isBad, nameOf, warmupFailuresOf } from "../output/attention.ts";

/** Lines about a changed builder. Empty when no change matters to people. */
export function builderLines(before: Builder | undefined, after: Builder): readonly string[] {
  const [was, is] = [before?.status, after.status];
  if (is === undefined) return [];
  const lineOf = (sentence: string) => `${after.metadata.name}: ${sentence}`;
  const known = was?.warmup?.failures ?? [];
  const failures = warmupFailuresOf(is).filter((_, index) => !known.includes(is.warmup?.failures?.[index] ?? ""));
  const lines = failures.map((failure) => lineOf(lowerFirstWord(failure)));
  if (is.phase === "Warming") {
    const { done, total, doing } = is.warmup ?? {};
    if (
      doing !== undefined &&
      (was?.phase !== "Warming" || was.warmup?.done !== done || was.warmup?.doing === undefined)
    )
      lines.unshift(lineOf(`warming up, ${done} of ${total}: ${lowerFirstWord(doing)}`));
  } else if (was?.phase !== is.phase) {
    const sentence = phaseSentence(after);
    if (sentence !== undefined) lines.push(lineOf(sentence));
  } else if (is.message !== undefined && was.message !== is.message) lines.push(lineOf(lowerFirstWord(is.message)));
  return lines;
}

/** Undefined for a new builder without a message: a better line follows soon. */
function phaseSentence({ status, spec }: Builder): string | undefined {
  const because = status?.message === undefined ? "" : `: ${lowerFirstWord(status.message)}`;
  switch (status?.phase) {
    case undefined:
    case "Pending":
      return because === "" ? undefined : `pending${because}`;
    case "Ready":
      return `ready, joins the partition${spec.workerIndex === undefined ? "" : ` as worker ${spec.workerIndex}`}${because}`;
    case "Draining":
      return `draining${spec.drainReason === undefined ? "" : ` (${lowerFirstWord(spec.drainReason)})`}: takes no new build${because}`;
    default:
      return `${status?.phase.toLowerCase()}${because}`;
  }
}

/** Lines about a changed build. */
export function buildLines(before: Build | undefined, after: Build): readonly string[] {
  const { spec, status } = after;
  const lines: string[] = [];
  if (before === undefined && spec.blocked === undefined && spec.group === "untested")
    lines.push(`waits${spec.urgent ? ", urgent" : ""}: ${spec.title}`);
  if (before !== undefined && before.spec.commit !== spec.commit) lines.push(`new commit ${spec.commit.slice(0, 8)}`);
  if (spec.blocked !== undefined && before?.spec.blocked?.reason !== spec.blocked.reason)
    lines.push(`not built: ${lowerFirstWord(spec.blocked.message)}`);
  const claim = status?.claim;
  if (status?.phase === "Running" && before?.status?.phase !== "Running" && claim !== undefined) {
    lines.push(`${claim.builder} builds ${claim.commit.slice(0, 8)}`);
  }
  lines.push(...verdictLines(before, after));
  const trouble = status?.trouble;
  if (trouble !== undefined && status?.phase === "Queued" && before?.status?.trouble?.at !== trouble.at)
    lines.push(`${trouble.reason} on ${trouble.builder}, will be retried: ${lowerFirstWord(trouble.message)}`);
  return lines.map((line) => `${nameOf(after)}: ${line}`);
}

/** Lines about the verdict, with a link after a bad result, and about the status on GitHub. */
function verdictLines(before: Build | undefined, { status }: Build): readonly string[] {
  const lines: string[] = [];
  const [had, has] = [before?.status?.verdict, status?.verdict];
  if (has !== undefined && (had?.attempt !== has.attempt || had.request !== has.request)) {
    const words = has.description === "" ? "" : ` (${has.description})`;
    const took = formatDuration(Date.parse(has.finishedAt) - Date.parse(has.startedAt));
    const isBadNews = has.result !== "Success" && has.result !== "Skipped";
    const page = isBadNews && has.log !== undefined ? `: ${has.log.url}` : "";
    lines.push(`${has.result}${words} after ${took} on ${has.builder}${page}`);
  }
  const reported = status?.reported;
  if (reported === undefined || before?.status?.reported?.at === reported.at) return lines;
  const { state, description, refused } = reported;
  const shows = `${state}${description === "" ? "" : ` "${description}"`}`;
  lines.push(refused === undefined ? `GitHub shows ${shows}` : `GitHub refused ${shows}: ${lowerFirstWord(refused)}`);
  return lines;
}

/** Lines about a pool: changed conditions. At first sight only the unhealthy conditions. */
export function poolLines(before: BuilderPool | undefined, after: BuilderPool): readonly string[] {
  const news = (after.status?.conditions ?? []).filter((condition) => {
    const was = before?.status?.conditions?.find(({ type }) => type === condition.type);
    if (was === undefined) return isBad(condition);
    return was.status !== condition.status || (isBad(condition) && was.message !== condition.message);
  });
  const messages = new Set(news.map(({ message }) => lowerFirstWord(message)));
  return [...messages].map((message) => `${after.metadata.name}: ${message}`);
}

/** The work that is left, with the reason why it does not go on: problems, else warm-ups, else waits of idle builders. */
export function waitingLine(
  left: string,
  {
    builds = [],
    ...objects
  }: {
    readonly pools: readonly BuilderPool[];
    readonly builders: readonly Builder[];
    readonly builds?: readonly Build[];
  },
  now: number,
): string {
  const warming = objects.builders.flatMap(({ metadata, status }) => {
    const { done, total, doing } = (status?.phase === "Warming" ? status.warmup : undefined) ?? {};
    return doing === undefined ? [] : [`${metadata.name}: warming up, ${done} of ${total}: ${lowerFirstWord(doing)}`];
  });
  const problems = attention(objects);
  const idle = [...idleReasonsOf(objects.pools, { ...objects, builds }, now)].map(
    ([name, reason]) => `${name}: ${lowerFirstWord(reason)}`,
  );
  const [reason, ...more] = [problems, warming, idle].find((lines) => lines.length > 0) ?? [];
  if (reason === undefined) return `waiting: ${left}`;
  return `waiting: ${left}; ${reason}${more.length === 0 ? "" : ` (and ${more.length} more)`}`;
}
