import { describe, expect, it } from "vitest";
import type { Build } from "../../../src/api/objects/build.ts";
import { attemptsOf } from "../../e2e/soak/attempts.ts";
import { aBuild, heldBy, withVerdict } from "../../support/objects/build.ts";

const ends = (...builds: readonly Build[]) =>
  attemptsOf(builds.map((object) => ({ kind: "Build", object }))).map(({ builder, attempt, end }) => ({
    builder,
    attempt,
    end,
  }));

describe("the attempts in a history of writes", () => {
  it("end with a verdict, silent or not", () => {
    const loud = withVerdict("Success");
    const silent = { ...loud, status: { ...loud.status, verdict: { ...loud.status?.verdict, silent: true } } } as Build;
    expect(ends(heldBy("o2-0"), loud)).toEqual([{ builder: "o2-0", attempt: 1, end: "Verdict" }]);
    expect(ends(heldBy("o2-0"), silent)).toEqual([{ builder: "o2-0", attempt: 1, end: "SilentVerdict" }]);
  });

  it("end with the reason of their failure, or without a reason", () => {
    const trouble = {
      reason: "BuilderLost",
      message: "",
      builder: "o2-0",
      count: 1,
      at: "2026-01-01T00:00:00Z",
    } as const;
    const lost = aBuild({}, { attempt: 1, trouble });
    expect(ends(heldBy("o2-0"), lost)).toEqual([{ builder: "o2-0", attempt: 1, end: "BuilderLost" }]);
    expect(ends(heldBy("o2-0"), aBuild({}, { attempt: 1 }))).toEqual([
      { builder: "o2-0", attempt: 1, end: "Superseded" },
    ]);
  });

  it("are shadows if their Build becomes a shadow", () => {
    const shadow = heldBy("o2-0", { shadow: { of: "o1-1", pool: "o1" } });
    const writes = [heldBy("o2-0"), shadow, withVerdict("Success")];
    const found = attemptsOf(writes.map((object) => ({ kind: "Build", object })));
    expect(found).toMatchObject([{ isShadow: true, end: "Verdict" }]);
    expect(attemptsOf([{ kind: "Build", object: heldBy("o2-0") }])).toMatchObject([{ isShadow: false }]);
  });

  it("are counted once, and have no end while they run", () => {
    expect(ends(heldBy("o2-0"), heldBy("o2-0"))).toEqual([{ builder: "o2-0", attempt: 1, end: undefined }]);
  });
});
