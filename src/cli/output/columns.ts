import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { formatDuration } from "../../api/values/duration.ts";
import { isWanted } from "../../core/build/state.ts";
import { nextTry } from "../../core/pool/builder/warmupRetry.ts";
import type { Colour, Column } from "./table.ts";

const count = (value: number | undefined) => (value === undefined ? "?" : String(value));
const age = (since: string | undefined, now: number) =>
  since === undefined ? "" : formatDuration(now - Date.parse(since));

/** Columns of `get pools`, equal to `kubectl get builderpools`. `?` means unknown, not 0. */
export function poolColumns(now: number): readonly Column<BuilderPool>[] {
  return [
    { heading: "NAME", cell: ({ metadata }) => metadata.name },
    { heading: "DESIRED", cell: ({ spec }) => String(spec.instances), right: true, yields: 1 },
    { heading: "OUTSIDE", cell: ({ status }) => count(status?.outside), right: true, yields: 5 },
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

/** Columns of `get builders`. An idle builder shows why it takes none of the waiting builds, from `idle`. */
export function builderColumns(now: number, idle: ReadonlyMap<string, string> = new Map()): readonly Column<Builder>[] {
  return [
    { heading: "NAME", cell: ({ metadata }) => metadata.name },
    { heading: "POOL", cell: ({ spec }) => spec.pool, yields: 3 },
    { heading: "INDEX", cell: ({ spec }) => spec.workerIndex?.toString() ?? "", right: true, yields: 2 },
    { heading: "PHASE", cell: builderPhase },
    { heading: "BUILDING", cell: ({ status }) => buildingText(status?.building), cuts: "end" },
    {
      heading: "STEP",
      cell: (builder) => builderStep(builder) || (idle.get(builder.metadata.name) ?? ""),
      cuts: "end",
    },
    { heading: "SINCE", cell: ({ status }) => age(status?.building?.since, now), yields: 1 },
    { heading: "HOST", cell: ({ status }) => status?.host ?? "", yields: 4 },
  ];
}

/** Columns of `get builds`. */
export function buildColumns(now: number): readonly Column<Build>[] {
  return [
    { heading: "CHECK", cell: ({ spec }) => spec.check, cuts: "end" },
    { heading: "PR", cell: ({ spec }) => `${spec.repository}#${spec.number}`, cuts: "start" },
    { heading: "COMMIT", cell: ({ spec }) => spec.commit.slice(0, 8), yields: 3 },
    { heading: "PHASE", cell: buildPhase, cuts: "end", colour: phaseColour },
    { heading: "BUILDER", cell: ({ status }) => status?.claim?.builder ?? status?.tree ?? "", yields: 2 },
    { heading: "VERDICT", cell: verdictText, colour: verdictColour },
    { heading: "WAITING", cell: (build) => (isWaiting(build) ? age(build.spec.waitingSince, now) : ""), yields: 1 },
    { heading: "TITLE", cell: ({ spec }) => spec.title, yields: 4, cuts: "end" },
  ];
}

/** The phase, with the progress of a warm-up. */
export function builderPhase({ status }: Builder): string {
  if (status === undefined) return "Pending";
  const warmup =
    status.phase === "Warming" && status.warmup !== undefined ? ` ${status.warmup.done}/${status.warmup.total}` : "";
  const silence = status.canary === true ? " (canary)" : status.silent === true ? " (silent)" : "";
  return `${status.phase}${warmup}${silence}`;
}

/** The step of the running build, or of the warm-up. */
function builderStep({ status }: Builder): string {
  const { doing, retryAt } = (status?.phase === "Warming" ? status.warmup : undefined) ?? {};
  const again = doing === undefined || retryAt === undefined ? "" : `${nextTry(retryAt)}: `;
  return status?.step ?? `${again}${doing ?? ""}`;
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

function phaseColour({ status }: Build): Colour | undefined {
  return status?.phase === "Running" || status?.phase === "Claimed" ? "cyan" : undefined;
}

function verdictColour(build: Build): Colour | undefined {
  const text = verdictText(build);
  if (text === "") return undefined;
  return /^(?:Success|Skipped|succeeded)/.test(text) ? "green" : "red";
}

function isWaiting(build: Build): boolean {
  return build.spec.blocked === undefined && build.spec.group === "untested" && isWanted(build);
}

function buildingText(
  building: { readonly check: string; readonly repository: string; readonly number: number } | undefined,
): string {
  return building === undefined ? "" : `${building.check} ${building.repository}#${building.number}`;
}
