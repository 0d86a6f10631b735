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

/** The two cells of a builder. Each cell runs as its own user. */
export const CellName = z.enum(["base", "build"]);
export type CellName = z.infer<typeof CellName>;

/** The cells that may carry out each task. Code of a pull request runs only in the build cell. */
const cellsOfTask = {
  build: ["build"],
  delete: ["build"],
  warmup: ["base"],
  selftest: ["base", "build"],
  clean: ["base"],
} as const satisfies Readonly<Record<string, readonly [CellName, ...CellName[]]>>;

/** The cell of a task. A self-test runs in the base cell, unless the order names the other cell. */
export function cellOfTask(task: keyof typeof cellsOfTask): CellName {
  return cellsOfTask[task][0];
}

/**
 * Order from a builder to a cell: one JSON document on the standard input of the cell. The order contains no secret and
 * no address that needs a secret. `build` builds a pull request. `delete` empties the work area of a pull request.
 * `warmup` builds the base branch. `selftest` tests the tool chain, and the base cell also installs the tool. `clean`
 * applies the cleanup policy to the base work area.
 */
export const Order = z
  .object({
    id: z.string().max(100),
    cell: CellName.optional().describe(
      "The cell that carries out the order, by default the first cell of the task. The other cell refuses the order.",
    ),
    task: z.enum(["build", "delete", "warmup", "selftest", "clean"]),
    check: ResolvedCheck,
    sources: z.array(Source).describe("Development packages, with the merge directory (unless check.testsTool)."),
    pullRequest: z
      .object({ number: z.int(), commit: Commit, mirror: Path.describe("Mirror that contains the commit.") })
      .optional()
      .describe("Present for `build`. The base cell never gets one."),
    again: z
      .boolean()
      .optional()
      .describe("For `build`: whether the pull request is built again if nothing changed since its last build."),
    dependenciesOnly: z
      .boolean()
      .optional()
      .describe("For `warmup`: whether only the dependencies of the checked package are built."),
    paths: z.object({
      area: Path.describe("Work area of the order: checkouts and sw/. The base cell gets the base work area."),
      base: Path.optional().describe(
        "For `build`: the base work area, read-only. Its installed packages are linked into the work area.",
      ),
      tools: Path.describe("Folder of the installed tool versions. Read-only for the build cell."),
      home: Path.describe("HOME of every process of the cell. Emptied before every order."),
      tmp: Path.describe("TMPDIR. Emptied before and after every order."),
      gone: z
        .array(Path)
        .optional()
        .describe("For `clean`: base work areas of checks that were removed from the pool."),
      secrets: Path.optional().describe(
        "Folder of the Secrets that builds may read, each in `<name>/<key>`. Absent when the pool has no cellSecrets.",
      ),
    }),
    limits: z.object({
      logBytes: z
        .int()
        .describe("Bytes of package logs that the cell may send. The middle of a longer log is left out."),
      maxAge: z.int().describe("Milliseconds after which an unused build tree is deleted."),
      minFree: z.int().describe("Free bytes to restore by deleting the oldest trees."),
    }),
    gitUrl: z.string().describe("Base address of git repositories, for a tool that is installed from a repository."),
    debug: z.boolean(),
  })
  .transform((order) => ({ ...order, cell: order.cell ?? cellOfTask(order.task) }))
  .refine(({ cell, task }) => cellsOfTask[task].some((one) => one === cell), {
    path: ["cell"],
    error: "expected the cell `build` for build and delete, the cell `base` for warmup and clean",
  })
  .refine(({ cell, pullRequest }) => cell === "build" || pullRequest === undefined, {
    path: ["pullRequest"],
    error: "expected no pull request in an order for the base cell, which never runs code of one",
  });
export type Order = z.infer<typeof Order>;
