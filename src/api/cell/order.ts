import { z } from "zod";
import { Commit } from "../objects/build.ts";
import { ResolvedCheck } from "../objects/check.ts";

/** An absolute path in the file system of the cell. */
const Path = z.string().regex(/^\//);

/** A repository to check out: its bare mirror, read-only for the cell, and the wanted commit. */
export const Source = z.object({
  repository: z.string(),
  directory: z.string().describe("Directory in the work area."),
  mirror: Path.describe("Path of the bare mirror."),
  commit: Commit.describe("Commit to check out: the tip of the branch at the time of the fetch."),
});
export type Source = z.infer<typeof Source>;

/**
 * Order from a builder to a cell: one JSON document on the standard input of the cell. The order contains no secret and
 * no address that needs a secret. `build` builds a pull request. `warmup` builds the base branch. `selftest` tests the
 * tool chain. `clean` applies the cleanup policy.
 */
export const Order = z.object({
  id: z.string().max(100),
  task: z.enum(["build", "warmup", "selftest", "clean"]),
  check: ResolvedCheck,
  sources: z.array(Source).describe("Development packages, with the merge directory (unless check.testsTool)."),
  pullRequest: z
    .object({ number: z.int(), commit: Commit, mirror: Path.describe("Mirror that contains the commit.") })
    .optional()
    .describe("Present for `build`."),
  paths: z.object({
    area: Path.describe("Work area of this check: checkouts and sw/."),
    tools: Path.describe("Folder of the installed tool versions."),
    home: Path.describe("HOME of every process of the cell."),
    tmp: Path.describe("TMPDIR. Emptied before and after every order."),
    gone: z.array(Path).optional().describe("For `clean`: work areas of checks that were removed from the pool."),
    secrets: Path.optional().describe(
      "Folder of the Secrets that builds may read, each in `<name>/<key>`. Absent when the pool has no cellSecrets.",
    ),
  }),
  limits: z.object({
    logBytes: z.int().describe("Bytes of package logs that the cell may send. The middle of a longer log is left out."),
    maxAge: z.int().describe("Milliseconds after which an unused build tree is deleted."),
    minFree: z.int().describe("Free bytes to restore by deleting the oldest trees."),
  }),
  gitUrl: z.string().describe("Base address of git repositories, for a tool that is installed from a repository."),
  debug: z.boolean(),
});
export type Order = z.infer<typeof Order>;
