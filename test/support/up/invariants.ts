import type { Build, Verdict } from "../../../src/api/objects/build.ts";
import type { Builder } from "../../../src/api/objects/builder.ts";
import type { State } from "../github/state.ts";
import type { Recorded } from "./recorder.ts";

/**
 * Returns the violated invariants of a history of writes, one sentence each. Attempts and requests only grow. A claim
 * ends with a verdict or a return before the next claim. A (commit, request) has at most one verdict. Only a Ready
 * process claims.
 */
export function broken(writes: readonly Recorded[]): readonly string[] {
  const builders = new Map<string, Builder>();
  const builds = new Map<string, Build>();
  const verdicts = new Map<string, Verdict>();
  const wrong: string[] = [];
  for (const { kind, object } of writes) {
    if (kind === "Builder") {
      builders.set(object.metadata.name, object);
      continue;
    }
    const name = `${object.spec.shadow === undefined ? "" : "shadow of "}#${object.spec.number}`;
    const before = builds.get(object.metadata.uid ?? "");
    builds.set(object.metadata.uid ?? "", object);
    wrong.push(...wrongStep(before, object).map((what) => `${name}: ${what}`));
    const claim = object.status?.claim;
    if (claim !== undefined && claim.attempt !== before?.status?.claim?.attempt) {
      const holder = builders.get(claim.builder)?.status;
      if (holder?.phase !== "Ready" || holder.incarnation !== claim.incarnation)
        wrong.push(`${name}: claimed by ${claim.builder}, which was ${holder?.phase ?? "not there"}`);
    }
    const verdict = object.status?.verdict;
    if (verdict === undefined) continue;
    const question = `${name} ${verdict.commit} request ${verdict.request}`;
    const known = verdicts.get(question) ?? verdict;
    verdicts.set(question, known);
    if (known.attempt !== verdict.attempt || known.result !== verdict.result)
      wrong.push(`${question}: answered by attempt ${known.attempt} and by attempt ${verdict.attempt}`);
  }
  return wrong;
}

function wrongStep(before: Build | undefined, { spec, status }: Build): readonly string[] {
  const wrong: string[] = [];
  const [last, next] = [before?.status, status];
  if (spec.request < (before?.spec.request ?? 0)) wrong.push(`request fell to ${spec.request}`);
  if ((next?.attempt ?? 0) < (last?.attempt ?? 0)) wrong.push(`attempt fell to ${next?.attempt}`);
  if (next?.claim === undefined || next.claim.attempt === last?.claim?.attempt) return wrong;
  if (last?.claim !== undefined) wrong.push(`attempt ${next.claim.attempt} began while ${last.claim.attempt} was live`);
  if (next.claim.attempt !== (last?.attempt ?? 0) + 1)
    wrong.push(`attempt ${next.claim.attempt} follows ${last?.attempt}`);
  return wrong;
}

/**
 * Returns the verdicts that GitHub does not show exactly once, one sentence each. GitHub must show no silent verdict.
 * The statuses of all verdicts of a commit are counted together, since equal verdicts share one status. A success that
 * confirms a success against a canary shows no new status.
 */
export function unreported(writes: readonly Recorded[], github: State): readonly string[] {
  const said = new Map<string, { readonly spec: Build["spec"]; readonly texts: Set<string> }>();
  const confirmations = new Set<string>();
  for (const { kind, object } of writes) {
    const verdict = kind === "Build" ? object.status?.verdict : undefined;
    if (kind !== "Build" || verdict === undefined || verdict.silent) continue;
    const { confirm } = object.spec;
    const key = `${object.metadata.uid} ${verdict.attempt}`;
    if (confirm !== undefined && verdict.attempt > confirm.attempt && verdict.result === "Success")
      confirmations.add(key);
    if (confirmations.has(key)) continue;
    const of = said.get(verdict.commit) ?? { spec: object.spec, texts: new Set<string>() };
    said.set(verdict.commit, of);
    of.texts.add(`${verdict.request} ${verdict.attempt}`);
  }
  return [...said].flatMap(([commit, { spec, texts }]) => {
    const statuses = github.statuses(spec.repository, commit).filter(({ context }) => context === spec.check);
    // A recheck of a failed commit stays red while it runs.
    const terminal = statuses.filter(
      ({ state, description }) => state !== "pending" && description?.startsWith("Rechecking since ") !== true,
    ).length;
    return terminal === texts.size
      ? []
      : [`#${spec.number} ${commit}: ${texts.size} verdicts, ${terminal} terminal statuses`];
  });
}
