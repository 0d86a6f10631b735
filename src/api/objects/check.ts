import { z } from "zod";
import { Duration } from "../values/duration.ts";
import { Quantity } from "../values/quantity.ts";

export const Repository = z
  .string()
  .max(140)
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/, {
    error: (issue) => `expected owner/name of a GitHub repository, found ${JSON.stringify(issue.input)}`,
  });

/** A branch name that is safe as an argument of git: no leading dash, no characters that git refuses. */
export const Branch = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._/+-]*$/, {
    error: (issue) => `expected a branch name, found ${JSON.stringify(issue.input)}`,
  });

/** One path component below the work area. */
export const Directory = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, {
    error: (issue) => `expected the name of a directory in the work area, found ${JSON.stringify(issue.input)}`,
  });

/** Words aliBuild moves to the front of its command line wherever they stand; no value may equal one. */
const argumentWords = new Set([
  "analytics",
  "architecture",
  "build",
  "clean",
  "deps",
  "doctor",
  "init",
  "version",
  "-d",
  "--debug",
  "-n",
  "--dry-run",
]);

const AliBuildWord = (what: string) =>
  z
    .string()
    .min(1)
    .max(100)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:+-]*$/, {
      error: (issue) => `expected ${what}, found ${JSON.stringify(issue.input)}`,
    })
    .refine((word) => !argumentWords.has(word), {
      error: (issue) =>
        `${JSON.stringify(issue.input)} cannot be ${what}: aliBuild would take it for one of its own commands`,
    });

export const PackageName = AliBuildWord("an aliBuild package name");
export const DefaultsName = AliBuildWord("the name of an aliBuild defaults profile");

export const CheckName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\s\p{Cc}]+$/u, {
    error: (issue) => `expected a check name without blanks, such as build/O2/o2, found ${JSON.stringify(issue.input)}`,
  });

export const DevelopmentPackage = z
  .object({
    repository: Repository.describe("GitHub repository, `owner/name`"),
    branch: Branch.optional().describe("Branch to check out; the repository's default branch when absent"),
    directory: Directory.optional().describe(
      "Directory in the work area; must equal the aliBuild package name; the repository's name when absent",
    ),
  })
  .strict();
export type DevelopmentPackage = z.infer<typeof DevelopmentPackage>;

export const Trust = z
  .object({
    collaborators: z
      .boolean()
      .optional()
      .describe("Also build pull requests of past contributors (GitHub association CONTRIBUTOR) without approval"),
    users: z
      .array(z.string().min(1).max(39))
      .max(200)
      .optional()
      .describe("GitHub logins whose pull requests are built without approval"),
    team: z
      .string()
      .max(100)
      .optional()
      .describe("Slug of a team of the repository's organisation whose members are built without approval"),
    approvals: z
      .enum(["AnyCommit", "HeadCommit", "Strict"])
      .optional()
      .describe(
        "Which approving reviews count: of any commit of the pull request, by anybody (as the field always did); only of its head commit; or, Strict, only of its head commit by an OWNER, MEMBER or COLLABORATOR",
      ),
  })
  .strict();
export type Trust = z.infer<typeof Trust>;

export const Timeouts = z
  .object({
    command: Duration.optional().describe("Limit of every short command: git, pip, `aliBuild doctor`"),
    build: Duration.optional().describe("Limit of `aliBuild build`"),
  })
  .strict();

export const Tool = z
  .object({
    alibuild: z
      .string()
      .min(1)
      .max(200)
      .regex(/^([0-9][0-9A-Za-z.+]*|[A-Za-z0-9-]+\/[A-Za-z0-9._-]+@[A-Za-z0-9$][A-Za-z0-9._/+-]*)$/, {
        error: (issue) =>
          `expected an aliBuild release such as 1.17.44, or owner/repository@ref, found ${JSON.stringify(issue.input)}`,
      })
      .optional()
      .describe(
        "aliBuild to build with: a release on PyPI (`1.17.44`), or `owner/repository@ref`; the ref `$PR_HASH` stands for the commit under test",
      ),
  })
  .strict();

/** What a check may say, and what it inherits from its pool where it says nothing. */
export const checkSettings = {
  repository: Repository.optional().describe("Repository whose pull requests are tested, `owner/name`"),
  branch: Branch.optional().describe(
    "Base branch of the pull requests; `master` when neither check nor pool says otherwise",
  ),
  checkout: Directory.optional().describe(
    "Development package directory into which a pull request is merged; the repository's name when absent",
  ),
  package: PackageName.optional().describe(
    "aliBuild package to build, in the exact case of the recipe's `package:` field",
  ),
  defaults: DefaultsName.optional().describe("aliBuild defaults profile"),
  developmentPackages: z
    .array(DevelopmentPackage)
    .max(50)
    .optional()
    .describe("Repositories checked out in the work area, which makes them aliBuild development packages"),
  trust: Trust.optional().describe(
    "Whose pull requests are built without approval; owners, members and collaborators always are",
  ),
  comments: z.boolean().optional().describe("Comment on the pull request when a build fails"),
  sharedTree: z
    .boolean()
    .optional()
    .describe(
      "One incremental build tree for all pull requests of the check (aliBuild `-z <check>`) instead of one per pull request (`-z <number>`)",
    ),
  env: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .max(100),
      z.string().max(4096),
    )
    .optional()
    .describe("Environment variables handed to the build (aliBuild `-e`); readable by every pull request's code"),
  onlyWhenChanged: z
    .array(z.string().min(1).max(200))
    .max(100)
    .optional()
    .describe("Skip, with success, pull requests that touch none of these paths"),
  remoteStore: z
    .string()
    .max(500)
    .optional()
    .describe("Tarball cache (aliBuild `--remote-store`); an empty text passes none"),
  jobs: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe("Parallel compile jobs (aliBuild `-j`); the number of processors when absent"),
  timeouts: Timeouts.optional().describe("Time limits; whatever exceeds one is killed with all its descendants"),
  maxGrowth: Quantity.optional().describe(
    "Largest growth of the merged checkout, without `.git`; a pull request that adds more is rejected as too big",
  ),
  tool: Tool.optional().describe("Versions of the tools"),
} as const;

export const Check = z
  .object({
    name: CheckName.describe("GitHub status context, such as `build/O2/o2`"),
    ...checkSettings,
    silent: z.boolean().optional().describe("Build, and publish nothing for this check"),
  })
  .strict();
export type Check = z.infer<typeof Check>;

/** A check after inheritance and defaults: everything a builder needs to know, nothing left to guess. */
export const ResolvedCheck = z.object({
  name: CheckName,
  repository: Repository,
  branch: Branch,
  checkout: Directory,
  package: PackageName,
  defaults: DefaultsName,
  developmentPackages: z.array(DevelopmentPackage.extend({ directory: Directory })),
  trust: Trust.required({ collaborators: true, users: true, approvals: true }),
  comments: z.boolean(),
  sharedTree: z.boolean(),
  env: z.record(z.string(), z.string()),
  onlyWhenChanged: z.array(z.string()),
  remoteStore: z.string(),
  jobs: z.int().optional(),
  timeouts: z.object({ command: Duration, build: Duration }),
  maxGrowth: Quantity,
  tool: z.object({ alibuild: z.string() }),
  architecture: z.string().optional(),
  silent: z.boolean(),
  /** The merge directory is none of the development packages, on purpose: the pull request is the tool itself (`tool.alibuild: …@$PR_HASH`), so nothing is merged. */
  testsTool: z.boolean(),
});
export type ResolvedCheck = z.infer<typeof ResolvedCheck>;
