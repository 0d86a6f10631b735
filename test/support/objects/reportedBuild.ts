import type {
  Build,
  BuildSpec,
  BuildStatus,
  Claim,
  Reported,
  Trouble,
  Verdict,
} from "../../../src/api/objects/build.ts";
import type { ReportFacts } from "../../../src/core/report/post/plan.ts";

/** Builds for the reporter, and the record of the reports on GitHub. */

export const commitA = "a".repeat(40);
export const commitB = "b".repeat(40);
export const link = "https://logs.example/pretty.html";
export const monday = "2026-11-23T18:12:00.000Z";

export const aSpec = (change: Partial<BuildSpec> = {}): BuildSpec => ({
  pool: "o2",
  check: "build/O2/o2",
  repository: "o/r",
  number: 7,
  commit: commitA,
  base: "dev",
  title: "A change",
  author: "alice",
  urgent: false,
  waitingSince: monday,
  group: "untested",
  request: 1,
  ...change,
});

export const aVerdict = (change: Partial<Verdict> = {}): Verdict => ({
  commit: commitA,
  request: 1,
  attempt: 1,
  builder: "o2-3",
  result: "Success",
  description: "",
  silent: false,
  log: { path: "p", url: link, stored: true },
  startedAt: monday,
  finishedAt: monday,
  ...change,
});

export const aReport = (change: Partial<Reported> = {}): Reported => ({
  commit: commitA,
  request: 1,
  state: "pending",
  description: "Started Mon 19:12 CET on o2-3",
  url: "",
  at: monday,
  writes: 1,
  ...change,
});

/** The record after a published verdict. */
export const published = (state: "success" | "error", change: Partial<Reported> = {}): Reported =>
  aReport({ state, description: "", url: link, writes: 2, ...change });

export const aClaim = (change: Partial<Claim> = {}): Claim => ({
  builder: "o2-3",
  incarnation: "i",
  attempt: 1,
  request: 1,
  commit: commitA,
  since: monday,
  ...change,
});

export const aTrouble = (change: Partial<Trouble> = {}): Trouble => ({
  reason: "FetchFailed",
  message: "m",
  builder: "o2-3",
  count: 1,
  request: 1,
  at: monday,
  ...change,
});

export const aBuild = (spec: Partial<BuildSpec> = {}, status?: Partial<BuildStatus>): Build => ({
  apiVersion: "ci.alice.cern.ch/v1alpha1",
  kind: "Build",
  metadata: { name: "o2-build" },
  spec: aSpec(spec),
  ...(status && { status: { phase: "Queued", attempt: 0, ...status } }),
});

export const running = (status: Partial<BuildStatus> = {}, claim: Partial<Claim> = {}) =>
  ({ phase: "Running", attempt: 1, claim: aClaim(claim), ...status }) satisfies Partial<BuildStatus>;

export const facts = (change: Partial<ReportFacts> = {}): ReportFacts => ({
  wantsComments: () => false,
  silent: false,
  isSilentBuilder: () => false,
  logWaited: 0,
  ...change,
});
