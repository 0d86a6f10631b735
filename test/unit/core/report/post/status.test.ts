import { describe, expect, it } from "vitest";
import { infrastructureReasons } from "../../../../../src/api/objects/reasons.ts";
import { wordsOf } from "../../../../../src/api/values/vocabulary.ts";
import {
  approvalNeeded,
  conflictDescriptionOf,
  isAnnouncement,
  isOwnPending,
  isRetrying,
  notBuildingStatusOf,
  recheckingStatusOf,
  retryingStatusOf,
  startedStatusOf,
  verdictStatusOf,
} from "../../../../../src/core/report/post/status.ts";

const winter = Date.parse("2026-11-23T18:12:00Z");
const summer = Date.parse("2026-07-05T22:05:59Z");
const log = { path: "p", url: "https://logs/p", stored: true };

describe("commit status", () => {
  it("W-29, W-32: gives start time and builder of a build, in Geneva time with the label CET", () => {
    expect(startedStatusOf(winter, "o2-3")).toEqual({
      state: "pending",
      description: "Started Mon 19:12 CET on o2-3",
      url: "",
    });
    expect(startedStatusOf(summer, "o2-3").description).toBe("Started Mon 00:05 CET on o2-3");
  });

  it("stays red and keeps its link during a recheck", () => {
    expect(recheckingStatusOf(winter, "o2-3", "https://logs/p")).toEqual({
      state: "error",
      description: "Rechecking since Mon 19:12 CET on o2-3",
      url: "https://logs/p",
    });
  });

  it.each([
    ["Success", "success", ""],
    ["Failure", "error", ""],
    ["Conflict", "error", "Please resolve merge conflicts"],
    ["TooBig", "error", "PR too big. Rejecting."],
    ["Skipped", "success", "skipped; no relevant changes"],
    ["DoctorError", "error", "aliBuild doctor error"],
  ] as const)("for verdict %s is %s with the description %j", (result, state, description) => {
    expect(verdictStatusOf("build/O2/o2", { result, log })).toEqual({ state, description, url: log.url });
    expect(verdictStatusOf("build/O2/o2", { result })).toEqual({ state, description, url: "" });
  });

  it("for a failure shows the first error, within GitHub's limit", () => {
    const described = (description: string) =>
      verdictStatusOf("build/O2/o2", { result: "Failure", log, description }).description;
    expect(described("O2/x.cxx:12:3: error: no")).toBe("O2/x.cxx:12:3: error: no");
    expect(described("é".repeat(400)).length).toBeLessThanOrEqual(140);
  });

  it.each([
    [[], "Please resolve merge conflicts"],
    [["a.cxx", "b.h"], "Please resolve merge conflicts: a.cxx, b.h"],
    [["a\u001b[31m\nb"], "Please resolve merge conflicts: a\ufffdb"],
    [["a".repeat(60), "b".repeat(60), "c"], `Please resolve merge conflicts: ${"a".repeat(60)} and 2 more`],
    [["a".repeat(200), "b"], "Please resolve merge conflicts: 2 files"],
    [[`${"d/".repeat(100)}x.cxx`], `Please resolve merge conflicts: …/${"d/".repeat(47)}x.cxx`],
  ])("for a conflict names %j", (files, description) => {
    expect(conflictDescriptionOf(files)).toBe(description);
    expect(verdictStatusOf("build/O2/o2", { result: "Conflict", log, description })).toEqual({
      state: "error",
      description,
      url: log.url,
    });
  });

  it("for a pull request that is too big shows the numbers, and no other words", () => {
    const described = (description: string) => verdictStatusOf("c", { result: "TooBig", description }).description;
    const numbers = "PR too big. Rejecting. It adds 20001 bytes; maxGrowth is 20k.";
    expect(described(numbers)).toBe(numbers);
    expect(described("Too large")).toBe("PR too big. Rejecting.");
  });

  it("names bits for a bits check", () => {
    expect(verdictStatusOf("build/bits/o2", { result: "DoctorError" }).description).toBe("bits doctor error");
  });

  it("for a needed approval has the text that other tools match, and no link", () => {
    expect(approvalNeeded).toEqual({
      state: "pending",
      description: "Security: approval needed, not starting",
      url: "",
    });
  });

  it.each(wordsOf(infrastructureReasons))("after %s stays pending and blames the infrastructure", (reason) => {
    const { state, description } = retryingStatusOf(reason, "o2-3");
    expect(state).toBe("pending");
    expect(description).toMatch(/^Retrying, not the pull request's fault: .* on o2-3$/);
    expect(description.length).toBeLessThanOrEqual(140);
    expect([isRetrying(description), isAnnouncement(description)]).toEqual([true, true]);
  });

  it("gives the reason for a withdrawn build, unless another status does", () => {
    expect(notBuildingStatusOf("Draft")?.description).toBe("Not building: the pull request is a draft");
    expect(notBuildingStatusOf("Untrusted")).toBeUndefined();
    expect(notBuildingStatusOf("OwnedByAnotherPool")).toBeUndefined();
  });

  it("has at most 140 characters and no split character", () => {
    const { description } = startedStatusOf(winter, `${"x".repeat(114)}😀`);
    expect(description).toHaveLength(139);
    expect(description.isWellFormed()).toBe(true);
    expect(recheckingStatusOf(winter, "x".repeat(253), "").description).toHaveLength(140);
    expect(retryingStatusOf("Preempted", "x".repeat(253)).description).toHaveLength(140);
  });

  it("distinguishes our pending status from a request for a rebuild", () => {
    for (const own of [startedStatusOf(winter, "b"), retryingStatusOf("DiskFull", "b"), approvalNeeded]) {
      expect(isOwnPending(own.description)).toBe(true);
    }
    for (const request of ["", "test required", "Approved; waiting for builder...", "please rebuild"]) {
      expect(isOwnPending(request)).toBe(false);
    }
  });
});
