import { join } from "node:path";
import { Document, isNode } from "yaml";
import { BuilderPool } from "../../api/objects/pool.ts";
import { type Imported, importTree } from "../../core/definitions/import.ts";
import { refusedSharedTrees } from "../../core/definitions/sharedTree.ts";
import { readTree } from "../../local/pools/envTree.ts";

export interface Output {
  readonly stdout: (text: string) => unknown;
  readonly stderr: (text: string) => unknown;
}

const anyCommit = "An approving review by any GitHub account starts a build, and later pushes are built too.";

/**
 * `builderpool import`: converts ali-bot's tree of `*.env` files. Writes BuilderPools as YAML documents to standard
 * output, and findings as `file:line: severity: message` to standard error. Returns the exit code: 0, or 1 when the
 * tree has no check.
 */
export async function importCommand(directory: string, { stdout, stderr }: Output): Promise<number> {
  const files = await readTree(directory).catch((error: unknown) => {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    stderr(`${directory}: cannot be read (${reason}); name the folder with DEFAULTS.env and the role folders\n`);
    return undefined;
  });
  if (files === undefined) return 1;
  const { pools, findings } = importTree(files.files);
  for (const line of files.notes) stderr(`${line}\n`);
  for (const { file, line, severity, message } of findings) {
    stderr(`${join(directory, file)}:${line}: ${severity}: ${message}\n`);
  }
  if (pools.length === 0) {
    stderr(`${directory}: nothing to import; expected checks as <role>/<container>/<check>.env\n`);
    return 1;
  }
  const place = `${join(directory, files.files[0]?.path ?? "DEFAULTS.env")}:1`;
  const shared = pools.flatMap((pool) => refusedSharedTrees(BuilderPool.parse(pool)));
  if (shared.length > 0) stderr(`${place}: warning: ${sharedTreesClause(shared.length)}\n`);
  stderr(
    `${place}: warning: SECURITY: all pools have trust.approvals: AnyCommit, as ali-bot had. ${anyCommit} Delete these lines to get the default, Strict.\n`,
  );
  stdout(
    `# SECURITY: trust.approvals is AnyCommit, as ali-bot had.\n# ${anyCommit}\n# Delete these lines to get the default, Strict.\n`,
  );
  stdout(pools.map(documentTextOf).join("---\n"));
  return 0;
}

/** The pool as YAML. A pool of hosts gets a comment: its hosts are not in the tree, and a person fills them in. */
function documentTextOf(pool: Imported["pools"][number]): string {
  const document = new Document(pool);
  const external = document.getIn(["spec", "external"], true);
  if (isNode(external))
    external.commentBefore = " Fill in the names of the hosts, such as [alibuildmac01, alibuildmac02].";
  return document.toString({ lineWidth: 0 });
}

/** ali-bot shared trees and accepted every approval. Both together are refused, and a person must choose. */
function sharedTreesClause(count: number): string {
  const checks = count === 1 ? "one check shares" : `${count} checks share`;
  return `${checks} a tree between pull requests, which AnyCommit does not allow: set sharedTree: false, or trust.approvals: Strict`;
}
