import { describe, expect, it } from "vitest";
import type { BuildStatus } from "../../../../src/api/objects/build.ts";
import { otherStatusOf } from "../../../../src/core/queue/otherStatus.ts";
import { verdictStatusOf } from "../../../../src/core/report/post/status.ts";
import { aBuild, sha, withVerdict } from "../../../support/objects/build.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";

const minute = 60_000;
const now = noon + 10 * minute;
interface Seen {
  readonly state?: "SUCCESS" | "ERROR" | "FAILURE" | "PENDING";
  readonly description?: string;
  readonly url?: string;
  readonly createdAt?: string;
  readonly listedAt?: number;
  readonly status?: Partial<BuildStatus>;
  readonly spec?: object;
  readonly isSilent?: boolean;
  readonly context?: string;
}

function seen({
  state = "SUCCESS",
  description = "",
  url = "https://elsewhere/1",
  createdAt = iso(noon),
  ...more
}: Seen) {
  const { listedAt = now, status, spec = {}, isSilent = false, context = "build/O2/o2" } = more;
  const base = withVerdict("Success", spec);
  const build = { ...base, status: { ...base.status, phase: "Done" as const, attempt: 1, ...status } };
  const pullRequest = aPullRequest({ statuses: [{ context, state, description }] });
  const origins = new Map([[sha(1), [{ context, url, writer: "bob", createdAt }]]]);
  return otherStatusOf({ build, pullRequest, listing: { startedAt: listedAt, origins }, isSilent }, now);
}

const reported = (fields: object = {}) => ({
  reported: {
    commit: sha(1),
    request: 1,
    state: "success" as const,
    description: "",
    url: "",
    at: iso(noon - minute),
    writes: 1,
    ...fields,
  },
});

describe("a status of another writer", () => {
  it("is a status with another text or link than the recorded one", () => {
    expect(seen({ status: reported() })).toEqual({
      commit: sha(1),
      state: "success",
      description: "",
      url: "https://elsewhere/1",
      writer: "bob",
      at: iso(noon),
    });
    expect(seen({ state: "FAILURE", url: "", status: reported() })).toMatchObject({ state: "error" });
    expect(seen({ state: "PENDING", description: "Started Mon 19:12 CET on other-0" })).toMatchObject({
      writer: "bob",
    });
  });

  it.each<[string, Seen]>([
    ["the recorded status", { url: "", status: reported() }],
    [
      "a verdict that is not recorded yet",
      { url: verdictStatusOf("build/O2/o2", { result: "Success" }).url, status: {} },
    ],
    [
      "an announcement that is not recorded yet",
      { state: "PENDING", description: "Started Mon 19:12 CET on o2-3", url: "" },
    ],
    ["a person's request for a rebuild", { state: "PENDING", description: "please", url: "", status: reported() }],
    ["a listing older than our last write", { listedAt: noon - 2 * minute, status: reported() }],
    ["a status after a refused write", { status: reported({ refused: "too many statuses" }) }],
    ["a status from before the Build", { createdAt: "2025-12-31T00:00:00Z", status: {} }],
  ])("is not %s", (_, facts) => {
    expect(seen(facts)).toBeUndefined();
  });

  it("is every status of a silent check, for the comparison", () => {
    expect(seen({ createdAt: "2025-12-31T00:00:00Z", isSilent: true })).toMatchObject({ state: "success" });
  });

  it("is remembered for an hour on the same commit", () => {
    const otherStatus = (age: number, commit = sha(1)) => ({
      otherStatus: { commit, state: "error", description: "", url: "", writer: "eve", at: iso(now - age) },
    });
    const ours = { url: "", status: reported() };
    expect(seen({ ...ours, spec: otherStatus(59 * minute) })).toMatchObject({ writer: "eve" });
    expect(seen({ ...ours, spec: otherStatus(61 * minute) })).toBeUndefined();
    expect(seen({ ...ours, spec: otherStatus(minute, sha(2)) })).toBeUndefined();
  });

  it("may have the context in other letters", () => {
    expect(seen({ status: reported(), context: "BUILD/o2/O2" })).toMatchObject({ writer: "bob" });
  });

  it("is unknown without a Build", () => {
    const listing = { startedAt: now };
    expect(
      otherStatusOf({ build: undefined, pullRequest: aPullRequest(), listing, isSilent: false }, now),
    ).toBeUndefined();
    expect(
      otherStatusOf({ build: aBuild(), pullRequest: aPullRequest(), listing, isSilent: false }, now),
    ).toBeUndefined();
  });
});
