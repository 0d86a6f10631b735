import { describe, expect, it } from "vitest";
import type { InfrastructureReason } from "../../../../src/api/objects/reasons.ts";
import { type Health, healthAfter, healthy, pauseOf } from "../../../../src/builder/life/health.ts";
import type { AttemptEnd } from "../../../../src/builder/work/attempt.ts";

const released = (reason: InfrastructureReason): AttemptEnd => ({ kind: "Released", reason, message: "" });
const healthFrom = (...ends: readonly AttemptEnd[]): Health => ends.reduce(healthAfter, healthy);

describe("the health of a builder", () => {
  it("is suspect after three infrastructure failures in a row", () => {
    const two = [released("LogStoreFailed"), released("FetchFailed")];
    expect(healthFrom(...two).isSuspect).toBe(false);
    expect(healthFrom(...two, released("DependencyFetchFailed")).isSuspect).toBe(true);
  });

  it("is suspect at once when the tool chain failed", () => {
    expect(healthFrom(released("SelfTestFailed")).isSuspect).toBe(true);
  });

  it("is suspect at once when the cell died: it may stay away for minutes", () => {
    expect(healthFrom(released("CellDied")).isSuspect).toBe(true);
  });

  it("is not suspect after a full disk: a self-test cannot prove that a disk is large enough", () => {
    expect(healthFrom(released("DiskFull")).isSuspect).toBe(false);
  });

  it.each(["OutOfMemory", "HeartbeatLost"] as const)(
    "is suspect at once after %s: the build may have broken the builder",
    (reason) => {
      expect(healthFrom(released(reason)).isSuspect).toBe(true);
    },
  );

  it("recovers with any verdict, also a failure", () => {
    expect(healthFrom(released("CellDied"), released("CellDied"), { kind: "Verdict", result: "Failure" })).toEqual(
      healthy,
    );
  });

  it.each(["Superseded", "Drained", "Preempted", "CommitNotFound"] as const)(
    "does not change after a build that ended with %s",
    (reason) => {
      expect(healthFrom(released(reason), released(reason), released(reason), { kind: "NotClaimed" })).toEqual(healthy);
    },
  );

  it("doubles the pause after each failure, up to five minutes", () => {
    const pauses = [0, 2, 3, 4, 5, 20].map((failures) => pauseOf({ failures, isSuspect: false }));
    expect(pauses).toEqual([0, 0, 5_000, 10_000, 20_000, 300_000]);
  });
});
