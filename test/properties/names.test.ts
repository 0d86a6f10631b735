import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildIdentifierOf } from "../../src/core/definitions/alibuild.ts";
import { poolChecksOf } from "../../src/core/definitions/checks.ts";
import { checkDirectoryOf, formerDirectoryOf, isLogPath } from "../../src/core/report/log/paths.ts";
import { aPool } from "../support/objects/pool.ts";

const separator = fc.constantFrom("/", "/", "_", "-", "__", ".", ":", "", "é", "😀");
const word = fc.constantFrom("build", "O2", "o2", "hello", "slc9", "x", "X", "7", "bits", "0123456789abcdef");
const similar = fc
  .array(fc.tuple(word, separator), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.flat().join("").slice(0, 200));
const name = fc.oneof(
  similar,
  fc.string({ minLength: 1, maxLength: 200, unit: "binary" }),
  similar.map(checkDirectoryOf),
);

describe("the directory of a check", () => {
  it("differs for different names, also in a file system that ignores case", () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 2, maxLength: 300 }), (names) => {
        const found = new Map<string, string>();
        for (const one of names) {
          const directory = checkDirectoryOf(one).toLowerCase();
          // GitHub has one status for names that differ only in case, and a pool refuses the second.
          expect(found.get(directory) ?? one.toLowerCase()).toBe(one.toLowerCase());
          found.set(directory, one.toLowerCase());
        }
      }),
      { numRuns: 300 },
    );
  });

  it("differs for all checks of a pool, whatever their repositories, in a file system that ignores case", () => {
    const check = fc.record({ name: similar, repository: fc.constantFrom("o/r", "o/R", "o/s") });
    fc.assert(
      fc.property(fc.array(check, { minLength: 1, maxLength: 40 }), (checks) => {
        const directories = poolChecksOf(aPool({ checks })).checks.map(({ name: one }) =>
          checkDirectoryOf(one).toLowerCase(),
        );
        expect(new Set(directories).size).toBe(directories.length);
        expect(directories.length).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });

  it("is one safe file name of at most 255 bytes", () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ minLength: 1, maxLength: 2000 })), (one) => {
        const directory = checkDirectoryOf(one);
        expect(directory).toMatch(/^[A-Za-z0-9_-]{1,255}$/);
        expect(isLogPath(`o/r/1/${"a".repeat(40)}/${directory}/pretty.html`)).toBe(true);
      }),
    );
  });

  it("is known to people for each of ALICE's 39 checks, and is the name of their shared tree", () => {
    const root = join(import.meta.dirname, "../support/repo-config");
    const names = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".env") && !path.endsWith("DEFAULTS.env"))
      .flatMap((path) => /^CHECK_NAME=(.*)$/m.exec(readFileSync(join(root, path), "utf8"))?.[1] ?? []);
    expect(names).toHaveLength(39);
    for (const one of names) {
      expect(checkDirectoryOf(one)).toBe(formerDirectoryOf(one));
      expect(buildIdentifierOf({ name: one, branch: "dev", sharedTree: true }, 7)).toBe(checkDirectoryOf(one));
    }
  });
});

describe("the tree of a base branch", () => {
  it("is never the tree of a pull request, and is a safe file name", () => {
    const branch = fc.oneof(fc.string({ minLength: 1, maxLength: 200 }), fc.nat().map(String), similar);
    fc.assert(
      fc.property(branch, fc.nat(), (one, number) => {
        const tree = buildIdentifierOf({ name: "c", branch: one, sharedTree: false }, undefined);
        expect(tree).toMatch(/^[A-Za-z0-9_.-]{1,255}$/);
        expect(tree).not.toMatch(/^[0-9]+$/);
        expect(tree).not.toBe(buildIdentifierOf({ name: "c", branch: one, sharedTree: false }, number));
      }),
    );
  });
});
