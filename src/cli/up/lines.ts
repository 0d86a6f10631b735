import type { Build } from "../../api/build.ts";
import type { Builder } from "../../api/builder.ts";
import { formatDuration } from "../../api/duration.ts";
import type { BuilderPool } from "../../api/pool.ts";

/** What people are told about a builder when it changed from `before` to `after`; nothing when nothing they care about did. */
export function builderLines(before: Builder | undefined, after: Builder): readonly string[] {
  const [was, is] = [before?.status, after.status];
  if (is === undefined) return [];
  const name = after.metadata.name;
  const lines: string[] = [];
  if (was?.phase !== is.phase) lines.push(`${name}: ${phaseSentence(after)}`);
  else if (is.phase === "Warming" && is.warmup?.doing !== undefined && was?.warmup?.doing !== is.warmup.doing) {
    lines.push(`${name}: warming up, ${is.warmup.done} of ${is.warmup.total}: ${is.warmup.doing}`);
  } else if (is.message !== undefined && was?.message !== is.message) lines.push(`${name}: ${is.message}`);
  return lines;
}

function phaseSentence({ status, spec }: Builder): string {
  const because = status?.message === undefined ? "" : `: ${status.message}`;
  switch (status?.phase) {
    case "Ready":
      return `ready, joins the partition${spec.workerIndex === undefined ? "" : ` as worker ${spec.workerIndex}`}${because}`;
    case "Draining":
      return `draining${spec.drainReason === undefined ? "" : ` (${spec.drainReason})`}: takes no new build${because}`;
    case "Quarantined":
      return `quarantined${because}`;
    default:
      return `${(status?.phase ?? "Pending").toLowerCase()}${because}`;
  }
}

/** What people are told about a build. */
export function buildLines(before: Build | undefined, after: Build): readonly string[] {
  const { spec, status } = after;
  const what = `${spec.check} ${spec.repository}#${spec.number}`;
  const lines: string[] = [];
  if (before === undefined && spec.blocked === undefined && spec.group === "untested")
    lines.push(`${what}: waits${spec.urgent ? ", urgent" : ""}: ${spec.title}`);
  if (before !== undefined && before.spec.commit !== spec.commit)
    lines.push(`${what}: new commit ${spec.commit.slice(0, 8)}`);
  if (spec.blocked !== undefined && before?.spec.blocked?.reason !== spec.blocked.reason)
    lines.push(`${what}: not built: ${spec.blocked.message}`);
  const claim = status?.claim;
  if (status?.phase === "Running" && before?.status?.phase !== "Running" && claim !== undefined) {
    lines.push(`${what}: ${claim.builder} builds ${claim.commit.slice(0, 8)}`);
  }
  const [had, has] = [before?.status?.verdict, status?.verdict];
  if (has !== undefined && (had?.attempt !== has.attempt || had.request !== has.request)) {
    const seconds = formatDuration(Date.parse(has.finishedAt) - Date.parse(has.startedAt));
    lines.push(
      `${what}: ${has.result}${has.description === "" ? "" : ` (${has.description})`} after ${seconds} on ${has.builder}`,
    );
  }
  const trouble = status?.trouble;
  if (trouble !== undefined && before?.status?.trouble?.at !== trouble.at)
    lines.push(`${what}: ${trouble.reason} on ${trouble.builder}, will be retried: ${trouble.message}`);
  const reported = status?.reported;
  if (reported !== undefined && before?.status?.reported?.at !== reported.at) {
    lines.push(
      `${what}: GitHub shows ${reported.state}${reported.description === "" ? "" : ` "${reported.description}"`}`,
    );
  }
  return lines;
}

/** What people are told about a pool: conditions that changed, listings that became stale or fresh. */
export function poolLines(before: BuilderPool | undefined, after: BuilderPool): readonly string[] {
  const name = after.metadata.name;
  const conditions = (after.status?.conditions ?? []).filter(({ type, status, message }) => {
    const was = before?.status?.conditions?.find((condition) => condition.type === type);
    return was === undefined
      ? isBad(type, status)
      : was.status !== status || (isBad(type, status) && was.message !== message);
  });
  return conditions.map(({ type, status, message }) => `${name}: ${type} is ${status}: ${message}`);
}

function isBad(type: string, status: string): boolean {
  return ["Stalled", "Conflict"].includes(type)
    ? status === "True"
    : ["GitHubReachable", "DefinitionsValid"].includes(type) && status === "False";
}
