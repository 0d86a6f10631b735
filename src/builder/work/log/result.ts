import type { Outcome } from "../../../api/cell/event.ts";
import type { BuildResult } from "../../../api/logs/result.ts";
import type { MergedSource } from "../../../api/objects/build.ts";
import { toolNameOf } from "../../../core/definitions/alibuild.ts";
import { fullLogName } from "../../../core/report/log/paths.ts";
import { firstErrorOf } from "../../../core/report/scan/firstError.ts";
import { olderBaseOf } from "../../../core/verdict/olderBase.ts";
import { type Brain, poolBuildersOf } from "../../brain.ts";
import type { Work } from "../work.ts";

/** The facts about one attempt. The page and `result.json` show them. */
export interface BuildFacts {
  readonly outcome: Extract<Outcome, { kind: "Verdict" }>;
  /** Description of the commit status. */
  readonly description: string;
  readonly silent: boolean;
  /** The sources of the order that led to the outcome. Empty when git refused the commit before an order. */
  readonly sources: readonly MergedSource[];
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** The content of `result.json` for one attempt. `path` is the path of the result page in the log store. */
export function resultOf(
  brain: Brain,
  { build, check, pool }: Work,
  { outcome, description, silent, sources, startedAt, finishedAt, attempt }: BuildFacts & { readonly attempt: number },
  { path, hasLogs }: { readonly path: string; readonly hasLogs: boolean },
): BuildResult {
  const { world } = brain;
  const { result, mergeBase, mergeCommit, findings, versions } = outcome;
  const { repository, number, title, author, commit, base } = build.spec;
  const baseCommit = sources.find(({ directory }) => directory === check.checkout)?.commit;
  const firstError = firstErrorOf(findings);
  const page = world.logs.url(path);
  const hasFullLog = hasLogs || (result !== "Conflict" && result !== "TooBig");
  const log = world.logs.url(`${path.slice(0, path.lastIndexOf("/"))}/${fullLogName}`);
  return {
    version: 1,
    ...{ pool: pool.metadata.name, check: check.name, repository, number, title, author, commit, branch: base },
    ...(baseCommit !== undefined && !check.testsTool && { baseCommit }),
    ...(mergeBase !== undefined && { mergeBase }),
    ...(mergeCommit !== undefined && { mergeCommit }),
    developmentPackages: [...sources],
    olderBase: [...olderBaseOf({ sources: [...sources], startedAt }, check.name, poolBuildersOf(brain))],
    package: check.package,
    defaults: check.defaults,
    alibuild: versions?.[toolNameOf(check)] ?? check.tool.alibuild,
    ...{ builder: world.name, host: world.host, revision: world.revision, attempt, silent, startedAt, finishedAt },
    ...{ result, description },
    ...(firstError !== "" && { firstError }),
    links: { pullRequest: pullRequestUrl(build.spec, pool), page, ...(hasFullLog && { log }) },
  };
}

/** URL of the pull request page. The git URL is also the web address, unless it is a local folder. */
export function pullRequestUrl(
  { repository, number }: Work["build"]["spec"],
  { spec: { github } }: Work["pool"],
): string {
  const base = github.gitUrl.startsWith("http") ? github.gitUrl.replace(/\/+$/, "") : "https://github.com";
  return `${base}/${repository}/pull/${number}`;
}
