import type { Run } from "./announcements.ts";
import type { Attempt } from "./attempts.ts";
import type { Flavour } from "./schedule.ts";

/** One commit of a pull request. */
export interface Change {
  readonly name: string;
  readonly number: number;
  readonly commit: string;
  readonly flavour: Flavour;
  /** Whether the commit is the head of an open pull request. */
  isWanted: boolean;
}

/** Everything that a soak saw. */
export interface Evidence {
  readonly changes: readonly Change[];
  /** States of the check on a commit, oldest first. */
  readonly statesOf: (commit: string) => readonly string[];
  readonly runs: readonly Run[];
  readonly attempts: readonly Attempt[];
  /** Whether a second opinion on a commit was asked for. Only then a commit has two verdicts. */
  readonly hasOpinion: (commit: string) => boolean;
}

/** Ends of an attempt after which a finished build may run again. An attempt without an end may have finished. */
const mayRepeat: ReadonlySet<string> = new Set(["BuilderLost", "Superseded", "Preempted", "SecondOpinion"]);

/** The commits that still lack their verdict, one sentence each. */
export function missingOf({ changes, statesOf }: Pick<Evidence, "changes" | "statesOf">): readonly string[] {
  return changes
    .filter(({ isWanted }) => isWanted)
    .flatMap((change) => {
      const last = statesOf(change.commit).at(-1) ?? "no status";
      return last === rightStateOf(change) ? [] : [`${titleOf(change)}: ${last} instead of ${rightStateOf(change)}`];
    });
}

/** The violated rules of a soak, one sentence each. */
export function problemsOf(evidence: Evidence): readonly string[] {
  return [...missingOf(evidence), ...evidence.changes.flatMap((change) => wrongOf(change, evidence))];
}

function wrongOf(change: Change, { statesOf, runs, attempts, hasOpinion }: Evidence): readonly string[] {
  const right = rightStateOf(change);
  const verdicts = statesOf(change.commit).filter((state) => state !== "pending");
  const ofCommit = attempts.filter(({ commit }) => commit === change.commit);
  const own = runs.filter((run) => run.change === change.name);
  const loud = own.filter((run) => attemptOf(run, ofCommit)?.isShadow === false);
  const ended = loud.filter((run) => run.ended).length;
  const mayEnd = ofCommit.filter(
    ({ isShadow, end = "Verdict" }) => !isShadow && (end.endsWith("Verdict") || mayRepeat.has(end)),
  );
  return [
    ...verdicts.filter((state) => state !== right).map((state) => `a published ${state} instead of ${right}`),
    ...(verdicts.length > 1 && !hasOpinion(change.commit) ? [`${verdicts.length} published verdicts`] : []),
    ...overlapsOf(loud),
    ...(ended > mayEnd.length ? [`built ${ended} times to its end for ${mayEnd.length} attempts`] : []),
    ...own.filter((run) => attemptOf(run, ofCommit) === undefined).map((run) => `built by ${run.pod} without a claim`),
  ].map((what) => `${titleOf(change)}: ${what}`);
}

/** The attempt that a run belongs to: the last claim of its builder before it began. */
function attemptOf({ pod, began }: Run, attempts: readonly Attempt[]): Attempt | undefined {
  return attempts
    .filter(({ builder, since }) => builder === pod && since <= began)
    .reduce<Attempt | undefined>(
      (last, one) => (last === undefined || one.since >= last.since ? one : last),
      undefined,
    );
}

function overlapsOf(runs: readonly Run[]): readonly string[] {
  const sorted = runs.toSorted((a, b) => a.began - b.began);
  return sorted.slice(1).flatMap((run, at) => {
    const before = sorted[at];
    if (before === undefined || before.last < run.began) return [];
    return [`${run.pod} began ${before.last - run.began} ms before ${before.pod} stopped`];
  });
}

function rightStateOf({ flavour }: Change): string {
  return flavour === "good" ? "success" : "error";
}

function titleOf({ number, name, commit }: Change): string {
  return `#${number} ${name} ${commit.slice(0, 10)}`;
}
