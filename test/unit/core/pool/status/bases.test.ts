import { describe, expect, it } from "vitest";
import type { CheckBase } from "../../../../../src/api/objects/builder.ts";
import { noAges } from "../../../../../src/core/pool/builder/member.ts";
import { checkBasesUsable } from "../../../../../src/core/pool/status/bases.ts";
import { isBuilderFault, withBase } from "../../../../../src/core/verdict/bases.ts";

const message = "aliBuild doctor refuses master of alisw/alidist at 0123456789: Unable to parse alidist/hellolib.sh";
const at = (minute: number) => `2026-01-01T10:${String(minute).padStart(2, "0")}:00.000Z`;
const member = (name: string, ...bases: CheckBase[]) => ({
  name,
  phase: "Ready" as const,
  ages: noAges,
  status: { phase: "Ready" as const, incarnation: name, bases },
});
const base = (check: string, minute: number, since?: number, commits = "b"): CheckBase => ({
  check,
  commits,
  at: at(minute),
  ...(since !== undefined && { broken: { reason: "BaseBroken", message, since: at(since) } }),
});

describe("the condition BasesUsable", () => {
  it("names a broken base once, with the first time that a builder saw it", () => {
    const members = [member("o2-0", base("x", 50, 45), base("y", 50, 46)), member("o2-1", base("x", 49, 42))];
    expect(checkBasesUsable({ members })).toEqual({
      status: "False",
      reason: "BaseBroken",
      message: `${message} (since 10:42 UTC; x, y)`,
    });
  });

  it("is True as soon as one builder has seen the check with a usable base", () => {
    const members = [member("o2-0", base("x", 50, 42)), member("o2-1", base("x", 55))];
    expect(checkBasesUsable({ members }).status).toBe("True");
    expect(checkBasesUsable({ members: [] }).status).toBe("True");
  });
});

describe("the known bases of a builder", () => {
  it("keep the time of the first failure while the base stays broken", () => {
    const first = withBase([], base("x", 42, 42));
    expect(withBase(first, base("x", 50, 50, "c"))[0]?.broken?.since).toBe(at(42));
    expect(withBase(withBase(first, base("x", 51)), base("x", 52, 52))[0]?.broken?.since).toBe(at(52));
  });

  it("show a fault of the builder only for the very same commits", () => {
    const fact = { check: "x", commits: "b", compiled: false };
    expect(isBuilderFault(fact, [[{ ...base("x", 1), compiled: true }]])).toBe(true);
    expect(isBuilderFault(fact, [[{ ...base("x", 1, undefined, "a"), compiled: true }]])).toBe(false);
    expect(isBuilderFault(fact, [[{ ...base("y", 1), compiled: true }]])).toBe(false);
    expect(isBuilderFault({ ...fact, compiled: true }, [[{ ...base("x", 1), compiled: true }]])).toBe(false);
  });
});
