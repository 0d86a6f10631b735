import type { BuildSpec, BuildStatus } from "../../../src/api/build.ts";
import type { Builder, BuilderSpec, BuilderStatus } from "../../../src/api/builder.ts";
import type { ResolvedCheck } from "../../../src/api/check.ts";
import { apiVersion } from "../../../src/api/group.ts";
import type { Stored } from "../../../src/api/kinds.ts";
import { BuilderPool, type BuilderPoolSpec } from "../../../src/api/pool.ts";
import type { Listing, PullRequest } from "../../../src/core/queue/pullRequest.ts";

/** Plain objects for tests: each row of a test says only what matters to it. */

export const sha = (digits: string | number) => `${digits}`.padStart(40, "0");
export const noon = Date.parse("2026-01-05T12:00:00Z");
export const iso = (ms: number) => new Date(ms).toISOString();
const created = "2026-01-01T00:00:00Z";

const meta = (name: string) => ({
  name,
  namespace: "default",
  uid: `uid-${name}`,
  resourceVersion: "1",
  generation: 1,
  creationTimestamp: created,
});

export function aBuild(spec: Partial<BuildSpec> = {}, status?: Partial<BuildStatus>): Stored<"Build"> {
  const number = spec.number ?? 1;
  return {
    apiVersion,
    kind: "Build",
    metadata: meta(`o2-${number}`),
    spec: {
      pool: "o2",
      check: "build/O2/o2",
      repository: "o/r",
      number,
      commit: sha(number),
      base: "master",
      title: "A change",
      author: "alice",
      urgent: false,
      waitingSince: created,
      group: "untested",
      request: 1,
      ...spec,
    },
    ...(status === undefined ? {} : { status: { phase: "Queued", attempt: 0, ...status } }),
  };
}

/** A build that a builder holds. */
export function heldBy(builder: string, spec: Partial<BuildSpec> = {}, status: Partial<BuildStatus> = {}) {
  const build = aBuild(spec);
  const { commit, request } = build.spec;
  const held = { builder, incarnation: `${builder}-1`, attempt: 1, request, commit, since: created };
  return aBuild(spec, { phase: "Running", attempt: 1, claim: held, tree: builder, ...status });
}

/** A build with a verdict. */
export function judged(
  result: "Success" | "Failure",
  spec: Partial<BuildSpec> = {},
  status: Partial<BuildStatus> = {},
) {
  const { commit, request } = aBuild(spec).spec;
  const verdict = {
    commit,
    request,
    attempt: 1,
    builder: "o2-0",
    result,
    description: "",
    silent: false,
    startedAt: created,
    finishedAt: iso(noon),
  };
  return aBuild(spec, { phase: "Done", attempt: 1, verdict, tree: "o2-0", ...status });
}

export function aBuilder(name: string, status: Partial<BuilderStatus> = {}, spec: Partial<BuilderSpec> = {}): Builder {
  const incarnation = `${name}-1`;
  return {
    apiVersion,
    kind: "Builder",
    metadata: meta(name),
    spec: { pool: "o2", desired: "Active", external: false, workerIndex: Number(name.split("-").at(-1)), ...spec },
    status: {
      phase: "Ready",
      incarnation,
      revision: "r1",
      warm: { incarnation, revision: "r1", at: created },
      ...status,
    },
  };
}

export const builders = (count: number) => Array.from({ length: count }, (_, index) => aBuilder(`o2-${index}`));

export function aCheck(says: Partial<ResolvedCheck> = {}): ResolvedCheck {
  return {
    name: "build/O2/o2",
    repository: "o/r",
    branch: "master",
    checkout: "r",
    package: "O2",
    defaults: "o2",
    developmentPackages: [],
    trust: { collaborators: false, users: [], approvals: "AnyCommit" },
    comments: true,
    sharedTree: false,
    env: {},
    onlyWhenChanged: [],
    remoteStore: "",
    timeouts: { command: "120s", build: "10h" },
    maxGrowth: "20M",
    tool: { alibuild: "1.17.44" },
    silent: false,
    testsTool: false,
    ...says,
  };
}

export function aPullRequest(
  says: Partial<Omit<PullRequest, "head">> & Partial<PullRequest["head"]> = {},
): PullRequest {
  const { commit, committedAt, statuses, ...rest } = says;
  const number = says.number ?? 1;
  return {
    number,
    title: "A change",
    isDraft: false,
    createdAt: "2023-06-01T00:00:00Z",
    author: "alice",
    association: "MEMBER",
    labels: [],
    approvals: [],
    head: {
      commit: commit ?? sha(number),
      committedAt: committedAt ?? "2024-01-01T00:00:00Z",
      statuses: statuses ?? [],
    },
    ...rest,
  };
}

export function aListing(pullRequests: readonly PullRequest[], says: Partial<Listing> = {}): Listing {
  return {
    repository: "o/r",
    branch: "master",
    pullRequests,
    unreadable: [],
    teams: new Map(),
    startedAt: noon,
    ...says,
  };
}

export function aPool(spec: Partial<BuilderPoolSpec> = {}, name = "o2"): Stored<"BuilderPool"> {
  const pool = BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: meta(name),
    spec: { package: "O2", repository: "o/r", ...spec },
  });
  return { ...pool, metadata: meta(name) };
}
