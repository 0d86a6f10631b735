import { z } from "zod";
import { Duration } from "../values/duration.ts";
import { Quantity } from "../values/quantity.ts";

/** A GitHub repository, `owner/name`. */
export const Repository = z
  .string()
  .max(140)
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/, {
    error: (issue) => `expected owner/name of a GitHub repository, found ${JSON.stringify(issue.input)}`,
  });

/** A branch name that is safe as a git argument: no leading dash and no character that git refuses. */
export const Branch = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._/+-]*$/, {
    error: (issue) => `expected a branch name, found ${JSON.stringify(issue.input)}`,
  });

/** One path component: a directory directly below the work area. */
export const Directory = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, {
    error: (issue) => `expected the name of a directory in the work area, found ${JSON.stringify(issue.input)}`,
  });

/** Words that aliBuild treats as its own command or flag at any position. No value may equal one of them. */
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

const AliBuildWord = (meaning: string) =>
  z
    .string()
    .min(1)
    .max(100)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:+-]*$/, {
      error: (issue) => `expected ${meaning}, found ${JSON.stringify(issue.input)}`,
    })
    .refine((word) => !argumentWords.has(word), {
      error: (issue) =>
        `${JSON.stringify(issue.input)} cannot be ${meaning}: aliBuild would take it for one of its own commands`,
    });

/** An aliBuild package name. Safe on the command line of aliBuild. */
export const PackageName = AliBuildWord("an aliBuild package name");
/** Name of an aliBuild defaults profile. Safe on the command line of aliBuild. */
export const DefaultsName = AliBuildWord("the name of an aliBuild defaults profile");

/** A check name: the context of a GitHub commit status. Blanks would split it in log paths and tables. */
export const CheckName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\s\p{Cc}]+$/u, {
    error: (issue) => `expected a check name without blanks, such as build/O2/o2, found ${JSON.stringify(issue.input)}`,
  });

/** A repository that is checked out in the work area, so that aliBuild builds it from source. */
export const DevelopmentPackage = z
  .object({
    repository: Repository.describe("GitHub repository, `owner/name`."),
    branch: Branch.optional().describe("Branch to check out. Default: the default branch of the repository."),
    directory: Directory.optional().describe(
      "Directory in the work area. Must equal the aliBuild package name. Default: the name of the repository.",
    ),
  })
  .strict();
export type DevelopmentPackage = z.infer<typeof DevelopmentPackage>;

/** Rules for building a pull request without approval, and for the reviews that count as approval. */
export const Trust = z
  .object({
    collaborators: z
      .boolean()
      .optional()
      .describe("Also build pull requests of past contributors (GitHub association CONTRIBUTOR) without approval."),
    users: z
      .array(z.string().min(1).max(39))
      .max(200)
      .optional()
      .describe("Trusted GitHub logins. Their pull requests are built without approval."),
    team: z
      .string()
      .max(100)
      .optional()
      .describe(
        "Slug of a team in the organisation of the repository. Pull requests of its members are built without approval.",
      ),
    approvals: z
      .enum(["AnyCommit", "HeadCommit", "Strict"])
      .optional()
      .describe(
        "Approving reviews that count. AnyCommit: of any commit, by any user, as ali-bot did. HeadCommit: of the head commit. Strict: of the head commit, by an OWNER, MEMBER or COLLABORATOR.",
      ),
  })
  .strict();
export type Trust = z.infer<typeof Trust>;

/** Time limits of the commands of a build. */
export const Timeouts = z
  .object({
    command: Duration.optional().describe("Limit of every short command: git, pip, `aliBuild doctor`."),
    build: Duration.optional().describe("Limit of `aliBuild build`."),
  })
  .strict();

/** Versions of the build tools. */
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
        "Version of aliBuild: a release on PyPI (`1.17.44`), or `owner/repository@ref`. The ref `$PR_HASH` is the commit under test.",
      ),
  })
  .strict();

/** Settings of a check. A check inherits every absent setting from its pool. */
export const checkSettings = {
  repository: Repository.optional().describe("Repository of the tested pull requests, `owner/name`."),
  branch: Branch.optional().describe("Base branch of the pull requests. Default: `master`."),
  checkout: Directory.optional().describe(
    "Directory of the development package into which a pull request is merged. Default: the name of the repository.",
  ),
  package: PackageName.optional().describe(
    "aliBuild package to build, in the exact case of the recipe's `package:` field.",
  ),
  defaults: DefaultsName.optional().describe("aliBuild defaults profile."),
  developmentPackages: z
    .array(DevelopmentPackage)
    .max(50)
    .optional()
    .describe("Repositories that are checked out in the work area, as development packages of aliBuild."),
  trust: Trust.optional().describe(
    "Authors with trust: their pull requests are built without approval. Owners, members and collaborators are always trusted.",
  ),
  comments: z.boolean().optional().describe("Whether to comment on the pull request when a build fails."),
  sharedTree: z
    .boolean()
    .optional()
    .describe(
      "Use one incremental build tree for all pull requests of the check (aliBuild `-z <check>`). Otherwise each pull request has its own (`-z <number>`).",
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
    .describe("Environment variables of the build (aliBuild `-e`). The code of every pull request can read them."),
  onlyWhenChanged: z
    .array(z.string().min(1).max(200))
    .max(100)
    .optional()
    .describe("Skip pull requests that change none of these paths. GitHub shows success for them."),
  remoteStore: z.string().max(500).optional().describe("Tarball cache (aliBuild `--remote-store`). Empty: no cache."),
  jobs: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe("Parallel compile jobs (aliBuild `-j`). Default: the number of processors."),
  timeouts: Timeouts.optional().describe(
    "Time limits. A command that exceeds its limit is killed with all its descendants.",
  ),
  maxGrowth: Quantity.optional().describe(
    "Largest growth of the merged checkout, without `.git`. A pull request that adds more gets the verdict TooBig.",
  ),
  tool: Tool.optional().describe("Versions of the build tools."),
} as const;

/** One check of a pool: a GitHub status context, and the settings of its builds. */
export const Check = z
  .object({
    name: CheckName.describe("GitHub status context, such as `build/O2/o2`."),
    ...checkSettings,
    silent: z.boolean().optional().describe("Build, but publish nothing for this check."),
  })
  .strict();
export type Check = z.infer<typeof Check>;

/** A check after inheritance and defaults. Contains every setting that a builder needs. */
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
  /**
   * Whether the pull request is the build tool itself (`tool.alibuild: …@$PR_HASH`). Then no development package is the
   * merge directory.
   */
  testsTool: z.boolean(),
});
export type ResolvedCheck = z.infer<typeof ResolvedCheck>;
