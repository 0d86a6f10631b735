import { describe, expect, it } from "vitest";
import type { CheckBase } from "../../../../src/api/objects/builder.ts";
import { resultPageOf } from "../../../../src/core/report/page/page.ts";
import { commentOn } from "../../../../src/core/report/post/comment.ts";
import { olderBaseClauseOf, olderBaseOf } from "../../../../src/core/verdict/olderBase.ts";
import { sha, withVerdict } from "../../../support/objects/build.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const check = "build/O2/o2";
const source = (digits: string, repository = "o/r", directory = "r") => ({
  repository,
  directory,
  commit: sha(digits),
});
const startedAt = iso(noon);
const base = (minutes: number, digits: string, fields: Partial<CheckBase> = {}): CheckBase => ({
  ...{ check, commits: digits, sources: [source(digits)], at: iso(noon + minutes * 60_000) },
  ...fields,
});
const newer = (...bases: readonly CheckBase[]) =>
  olderBaseOf(
    { sources: [source("a")], startedAt },
    check,
    bases.map((one, index) => aBuilder(`o2-${index}`, { bases: [one] })),
  ).map(({ commit }) => commit);
const broken = { reason: "BaseBroken", message: "does not parse", since: iso(noon) } as const;

describe("a verdict", () => {
  it.each<[string, readonly CheckBase[], readonly string[]]>([
    ["answers the newest base while no builder saw another", [base(1, "a")], []],
    ["answers an older base after a builder fetched a newer one", [base(1, "a"), base(5, "b")], [sha("b")]],
    ["is compared with the newest fetch of all builders", [base(9, "a"), base(5, "b")], []],
    ["is not compared with a base from before the build", [base(-5, "b")], []],
    ["answers an older base if the tip was broken already", [base(-5, "b", { broken })], [sha("b")]],
    ["is not compared with the base of another check", [base(5, "b", { check: "other" })], []],
    ["is not compared with a base whose commits are unknown", [base(5, "b", { sources: undefined })], []],
  ])("%s", (_, bases, expected) => {
    expect(newer(...bases)).toEqual(expected);
  });

  it("names newer commits on the result page, and its own ones in the comment", () => {
    const page = resultPageOf({
      ...{ result: "Success", check, repository: "o/r", number: 1, commit: sha(1), builder: "o2-0" },
      ...{ startedAt, finishedAt: startedAt, olderBase: olderBaseClauseOf([source("b", "<o>/r")]) },
    });
    expect(page).toContain("This result answers an older base: &lt;o&gt;/r is at 0000000000");
    const verdict = withVerdict("Failure").status?.verdict ?? expect.fail();
    const plain = commentOn(check, verdict);
    const comment = commentOn(check, { ...verdict, sources: [source("a"), source("b", "alisw/alidist", "alidist")] });
    expect(comment?.body).toContain("Merged and built with `o/r` at `0000000000`, `alisw/alidist` at `0000000000`.");
    expect(comment?.hash).toBe(plain?.hash);
  });
});
