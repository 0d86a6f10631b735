import { z } from "zod";
import { Commit } from "../objects/build.ts";
import { ResolvedCheck } from "../objects/check.ts";

/** Absolute paths as the cell sees them. */
const Path = z.string().regex(/^\//);

/** Where a repository's bare mirror lies, read-only for the cell, and which commit of it is wanted. */
export const Source = z.object({
  repository: z.string(),
  directory: z.string().describe("Directory in the work area"),
  mirror: Path.describe("Bare mirror"),
  commit: Commit.describe("Commit to check out: the tip of the branch when the builder fetched it"),
});
export type Source = z.infer<typeof Source>;

/**
 * What a builder asks of a cell: one JSON document on the cell's standard input. No secret, no address that needs one.
 * `build` builds a pull request; `warmup` builds the base branch; `selftest` proves the tool chain; `clean` applies the cleanup policy.
 */
export const Order = z.object({
  id: z.string().max(100),
  task: z.enum(["build", "warmup", "selftest", "clean"]),
  check: ResolvedCheck,
  sources: z.array(Source).describe("Development packages, the merge directory among them (unless check.testsTool)"),
  pullRequest: z
    .object({ number: z.int(), commit: Commit, mirror: Path.describe("Mirror that holds the commit") })
    .optional()
    .describe("Present for `build`"),
  paths: z.object({
    area: Path.describe("Work area of this check: checkouts and sw/"),
    tools: Path.describe("Where tool versions are installed"),
    home: Path.describe("HOME of everything the cell runs"),
    tmp: Path.describe("TMPDIR; emptied before and after every order"),
    gone: z.array(Path).optional().describe("For `clean`: work areas of checks that the pool has no more"),
    secrets: Path.optional().describe(
      "Secrets that builds may read, each in `<name>/<key>`; absent when the pool names none",
    ),
  }),
  limits: z.object({
    logBytes: z.int().describe("Bytes of package logs the cell may send; the middle of the rest is left out"),
    maxAge: z.int().describe("Milliseconds after which an unused build tree is deleted"),
    minFree: z.int().describe("Bytes of free space to restore by deleting the oldest trees"),
  }),
  gitUrl: z.string().describe("Base address of git repositories, for a tool that is installed from one"),
  debug: z.boolean(),
});
export type Order = z.infer<typeof Order>;
