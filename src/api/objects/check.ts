import { z } from "zod";
import { RemoteStore } from "../values/address.ts";
import { Duration } from "../values/duration.ts";
import { Branch, Repository } from "../values/gitNames.ts";
import { PathSpec } from "../values/pathSpec.ts";
import { Quantity } from "../values/quantity.ts";
import { checkDefaults, withDefault } from "./checkDefaults.ts";
import { Trust } from "./trust.ts";

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

/** Time limits of the commands of a build. */
export const Timeouts = z
  .object({
    command: Duration.optional().describe(
      withDefault("Limit of every short command: git, pip, `aliBuild doctor`.", checkDefaults.timeouts.command),
    ),
    build: Duration.optional().describe(withDefault("Limit of `aliBuild build`.", checkDefaults.timeouts.build)),
  })
  .strict();

/** Space of one build. */
export const Quota = z
  .object({
    size: Quantity.optional().describe(
      "Largest size of the files of one build, in used blocks. Default: half of the disk of the builder.",
    ),
    files: z
      .int()
      .min(1_000)
      .max(1_000_000_000)
      .optional()
      .describe(
        "Largest number of files and directories of one build. Default: half of the inodes of the disk, at most 5000000.",
      ),
  })
  .strict();

/** Versions of the build tools. */
export const Tool = z
  .object({
    alibuild: z
      .string()
      .min(1)
      .max(200)
      .regex(
        /^([0-9][0-9A-Za-z.+]*|[A-Za-z0-9_][A-Za-z0-9_-]*\/\.?[A-Za-z0-9_-][A-Za-z0-9._-]*@[^\p{Cc} ~^:?*[\\+-][^\p{Cc} ~^:?*[\\]*)$/u,
        {
          error: (issue) =>
            `expected an aliBuild release such as 1.17.44, or owner/repository@ref, found ${JSON.stringify(issue.input)}`,
        },
      )
      .optional()
      .describe(
        withDefault(
          "Version of aliBuild: a release on PyPI, or `owner/repository@ref`. The ref `$PR_HASH` is the commit under test.",
          checkDefaults.tool.alibuild,
        ),
      ),
  })
  .strict();

/** Settings of a check. A check inherits every absent setting from its pool. */
export const checkSettings = {
  repository: Repository.optional().describe("Repository of the tested pull requests, `owner/name`."),
  branch: Branch.optional().describe(withDefault("Base branch of the pull requests.", checkDefaults.branch)),
  checkout: Directory.optional().describe(
    "Directory of the development package into which a pull request is merged. Default: the name of the repository.",
  ),
  package: PackageName.optional().describe(
    "aliBuild package to build, in the exact case of the recipe's `package:` field.",
  ),
  defaults: DefaultsName.optional().describe(withDefault("aliBuild defaults profile.", checkDefaults.defaults)),
  developmentPackages: z
    .array(DevelopmentPackage)
    .max(50)
    .optional()
    .describe(
      "Repositories that are checked out in the work area, as development packages of aliBuild. Default: the repository of the check, and the branch `master` of alisw/alidist.",
    ),
  trust: Trust.optional().describe(
    "Authors with trust: their pull requests are built without approval. Owners, members and collaborators are always trusted.",
  ),
  comments: z
    .boolean()
    .optional()
    .describe(withDefault("Whether to comment on the pull request when a build fails.", checkDefaults.comments)),
  sharedTree: z
    .boolean()
    .optional()
    .describe(
      withDefault(
        "Use one work area and build tree for all pull requests of the check (aliBuild `-z <check>`). Otherwise each pull request has its own (`-z <number>`). In a shared tree, a pull request can change the results of the others, so it requires `trust.approvals: Strict`.",
        checkDefaults.sharedTree,
      ),
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
    .describe(
      withDefault(
        "Environment variables of the build (aliBuild `-e`). The code of every pull request can read them.",
        checkDefaults.env,
      ),
    ),
  onlyWhenChanged: z
    .array(PathSpec)
    .max(100)
    .optional()
    .describe(
      "Skip pull requests that change none of these paths. GitHub shows success for them. Each path is a pathspec of git from the top of the repository: a file, a directory (`DATA/`) or a pattern (`*.cxx`). `:!docs/` excludes. Default: build every pull request.",
    ),
  remoteStore: RemoteStore.optional().describe(
    "Tarball cache (aliBuild `--remote-store`). The code of every pull request can read the address. An empty text means none (`--no-remote-store`). Default: aliBuild's own choice. It is https://s3.cern.ch/swift/v1/alibuild-repo for slc7, slc8, slc9, ubuntu2004, ubuntu2204 and ubuntu2404, and none for other architectures.",
  ),
  jobs: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe("Parallel compile jobs (aliBuild `-j`). Default: the number of processors."),
  compiler: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9_./+-]*$/, {
      error: (issue) =>
        `expected a compiler such as c++, or "" if no build needs one, found ${JSON.stringify(issue.input)}`,
    })
    .optional()
    .describe(
      withDefault(
        "C++ compiler of the self-test: a builder is ready only if it compiles, links and runs a small program, with `env`. Empty: no build of the check needs a compiler.",
        checkDefaults.compiler,
      ),
    ),
  base: z
    .enum(["LastGood", "Tip"])
    .optional()
    .describe(
      withDefault(
        "Recipes that pull requests of other repositories are built with while the tip of the recipes is broken. LastGood: the last commit that aliBuild could use. Tip: none, the pull requests wait.",
        checkDefaults.base,
      ),
    ),
  timeouts: Timeouts.optional().describe(
    "Time limits. A command that exceeds its limit is killed with all its descendants.",
  ),
  maxGrowth: Quantity.optional().describe(
    withDefault(
      "Largest growth of the merged checkout, without `.git`. A pull request that adds more gets the verdict TooBig.",
      checkDefaults.maxGrowth,
    ),
  ),
  maxFiles: z
    .int()
    .min(0)
    .max(10_000_000)
    .optional()
    .describe(
      withDefault(
        "Largest number of files that a merge may add to the checkout. A pull request that adds more gets the verdict TooBig.",
        checkDefaults.maxFiles,
      ),
    ),
  quota: Quota.optional().describe(
    "Space that a pull request may use on its builder: its work area, HOME and TMPDIR together. A build that exceeds it is stopped, and the pull request becomes red. Builds of base branches have no quota.",
  ),
  tool: Tool.optional().describe("Versions of the build tools."),
} as const;

/** One check of a pool: a GitHub status context, and the settings of its builds. */
export const Check = z
  .object({
    name: CheckName.describe(
      "GitHub status context, such as `build/O2/o2`. A pool has each name once, in any letter case.",
    ),
    ...checkSettings,
    silent: z
      .boolean()
      .optional()
      .describe(withDefault("Build, but publish nothing for this check.", checkDefaults.silent)),
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
  remoteStore: z.string().optional(),
  jobs: z.int().optional(),
  compiler: z.string().optional(),
  base: z.enum(["LastGood", "Tip"]).optional(),
  timeouts: z.object({ command: Duration, build: Duration }),
  maxGrowth: Quantity,
  maxFiles: z.int().default(checkDefaults.maxFiles),
  quota: Quota.optional(),
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
