import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { formatDuration } from "../../api/values/duration.ts";
import type { Column } from "./table.ts";

const count = (value: number | undefined) => (value === undefined ? "?" : String(value));
const age = (since: string | undefined, now: number) =>
  since === undefined ? "" : formatDuration(now - Date.parse(since));

/** Columns of `get pools`, equal to `kubectl get builderpools`. `?` means unknown, not 0. */
export function poolColumns(now: number): readonly Column<BuilderPool>[] {
  return [
    { heading: "NAME", cell: ({ metadata }) => metadata.name },
    { heading: "DESIRED", cell: ({ spec }) => String(spec.instances), right: true, yields: 1 },
    { heading: "READY", cell: ({ status }) => count(status?.ready), right: true },
    { heading: "ACTIVE", cell: ({ status }) => count(status?.active), right: true },
    { heading: "UPDATED", cell: ({ status }) => count(status?.updated), right: true, yields: 3 },
    { heading: "BUILDING", cell: ({ status }) => count(status?.building), right: true },
    { heading: "QUEUED", cell: ({ status }) => count(status?.queued), right: true },
    { heading: "OLDEST", cell: ({ status }) => age(status?.oldest, now) },
    { heading: "SILENT", cell: ({ spec }) => String(spec.silent), yields: 2 },
    { heading: "AGE", cell: ({ metadata }) => age(metadata.creationTimestamp, now), yields: 4 },
  ];
}

/** Columns of `get builders`. */
export function builderColumns(now: number): readonly Column<Builder>[] {
  return [
    { heading: "NAME", cell: ({ metadata }) => metadata.name },
    { heading: "POOL", cell: ({ spec }) => spec.pool, yields: 3 },
    { heading: "INDEX", cell: ({ spec }) => spec.workerIndex?.toString() ?? "", right: true, yields: 2 },
    { heading: "PHASE", cell: builderPhase },
    { heading: "BUILDING", cell: ({ status }) => buildingText(status?.building) },
    { heading: "STEP", cell: builderStep },
    { heading: "SINCE", cell: ({ status }) => age(status?.building?.since, now), yields: 1 },
    { heading: "HOST", cell: ({ status }) => status?.host ?? "", yields: 4 },
  ];
}

/** Columns of `get builds`. */
export function buildColumns(now: number): readonly Column<Build>[] {
  return [
    { heading: "CHECK", cell: ({ spec }) => spec.check },
    { heading: "PR", cell: ({ spec }) => `${spec.repository}#${spec.number}` },
    { heading: "COMMIT", cell: ({ spec }) => spec.commit.slice(0, 8), yields: 3 },
    { heading: "PHASE", cell: buildPhase },
    { heading: "BUILDER", cell: ({ status }) => status?.claim?.builder ?? status?.tree ?? "", yields: 2 },
    { heading: "VERDICT", cell: verdictText },
    { heading: "WAITING", cell: (build) => (isWaiting(build) ? age(build.spec.waitingSince, now) : ""), yields: 1 },
    { heading: "TITLE", cell: ({ spec }) => spec.title, yields: 4 },
  ];
}

/** The phase, with the progress of a warm-up. */
export function builderPhase({ status }: Builder): string {
  if (status === undefined) return "Pending";
  const warmup =
    status.phase === "Warming" && status.warmup !== undefined ? ` ${status.warmup.done}/${status.warmup.total}` : "";
  return `${status.phase}${warmup}${status.silent === true ? " (silent)" : ""}`;
}

/** The step of the running build, or of the warm-up. */
function builderStep({ status }: Builder): string {
  return status?.step ?? (status?.phase === "Warming" ? status.warmup?.doing : undefined) ?? "";
}

/** The phase, with the reason of a blocked Build or of the last failed attempt of a queued Build. */
export function buildPhase({ spec, status }: Build): string {
  if (spec.blocked !== undefined) return `Blocked: ${spec.blocked.reason}`;
  const phase = status?.phase ?? "Queued";
  return phase === "Queued" && status?.trouble !== undefined ? `Queued after ${status.trouble.reason}` : phase;
}

/** The verdict on the current commit. Empty when the last verdict is about an earlier commit. */
export function verdictText({ spec, status }: Build): string {
  if (status?.verdict === undefined) return spec.group === "untested" ? "" : `${spec.group} (on GitHub)`;
  return status.verdict.commit === spec.commit ? status.verdict.result : "";
}

function isWaiting({ spec, status }: Build): boolean {
  return spec.blocked === undefined && spec.group === "untested" && spec.request > (status?.verdict?.request ?? 0);
}

function buildingText(
  building: { readonly check: string; readonly repository: string; readonly number: number } | undefined,
): string {
  return building === undefined ? "" : `${building.check} ${building.repository}#${building.number}`;
}
