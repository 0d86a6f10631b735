import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { leftOut, long } from "../support/sample.ts";

const root = resolve(import.meta.dirname, "../..");
const all = [...long.integration, ...long.e2e];

describe("the sample of the long test files", () => {
  it("names only files that exist, each once", () => {
    expect(all.filter((file) => !existsSync(resolve(root, file)))).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
  });

  it("leaves nothing out without a seed", () => {
    expect(leftOut(all, undefined)).toEqual([]);
    expect(leftOut(all, "")).toEqual([]);
  });

  it("leaves three of four out, the same ones for the same seed", () => {
    const out = leftOut(all, "1");
    expect(out).toHaveLength(all.length - Math.ceil(all.length / 4));
    expect(leftOut(all, "1")).toEqual(out);
    expect(leftOut(all, "2")).not.toEqual(out);
  });

  it("runs every file within a few seeds", () => {
    const out = Array.from({ length: 40 }, (_, seed) => leftOut(all, `${seed}`));
    expect(all.filter((file) => out.every((files) => files.includes(file)))).toEqual([]);
  });
});
