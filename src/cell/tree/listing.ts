import type { CellContext } from "../cellContext.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { git, gitFailure } from "./git.ts";

/** One file, link or submodule of a commit. */
export interface TreeFile {
  /** Path in the tree, any bytes. */
  readonly path: Buffer;
  /** Git's mode: `100644`, `100755`, `120000` for a link, `160000` for a submodule. */
  readonly mode: string;
  readonly id: string;
  /** Bytes of the object; 0 for a submodule. */
  readonly size: number;
}

/** The files of a commit. */
export interface Listing {
  readonly files: readonly TreeFile[];
  /** Sum of all sizes. */
  readonly bytes: number;
  /** False if the commit has more files than the limit. Then the list is a part. */
  readonly isComplete: boolean;
}

/** Maximum size of a list, in bytes. A pull request can name one tree many times, so that the list has no end. */
const longestList = 2 ** 28;
const newline = 10;

/**
 * Lists all files of a commit in the objects of a repository. Stops above `most` files, because the tree objects of a
 * pull request can describe billions of files. Throws an InfrastructureFailure if objects are missing.
 */
export async function listFiles(
  context: CellContext,
  gitDirectory: string,
  commit: string,
  most = Number.POSITIVE_INFINITY,
): Promise<Listing> {
  const stop = new AbortController();
  const seen = { files: 0, bytes: 0 };
  const args = ["--git-dir", gitDirectory, "ls-tree", "-r", "-l", "--full-tree", commit];
  const ended = await git(context, context.order.paths.tmp, args, {
    config: { "core.quotePath": "true" },
    signal: AbortSignal.any([context.signal, stop.signal]),
    maxCapture: longestList,
    onChunk(chunk) {
      seen.bytes += chunk.length;
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) seen.files += 1;
      if (seen.files > most || seen.bytes > longestList) stop.abort();
    },
  });
  context.signal.throwIfAborted();
  const isComplete = !stop.signal.aborted;
  const lines = ended.stdout.split("\n").slice(0, -1);
  const files = lines.flatMap((line) => fileOf(line) ?? []);
  if (isComplete && ended.exitCode === undefined) throw gitFailure(args, ended);
  if (isComplete && (ended.exitCode !== 0 || files.length < lines.length)) {
    throw new InfrastructureFailure(
      "FetchFailed",
      `The mirror of ${context.order.check.repository} is damaged: git cannot list the files of commit ${commit}; the builder must fetch it again`,
    );
  }
  return { files, bytes: files.reduce((sum, { size }) => sum + size, 0), isComplete };
}

/** Reads one line of `git ls-tree -l`; undefined for an object that is missing, which git gives the size BAD. */
function fileOf(line: string): TreeFile | undefined {
  const match = /^(?<mode>\d{6}) \w+ (?<id>[0-9a-f]+) +(?<size>\d+|-)\t(?<path>.*)$/.exec(line);
  const { mode = "", id = "", size = "", path = "" } = match?.groups ?? {};
  return match === null ? undefined : { path: unquote(path), mode, id, size: size === "-" ? 0 : Number(size) };
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** The bytes of a path as git prints it. Git quotes a path with special bytes as C does. */
function unquote(text: string): Buffer {
  if (!text.startsWith('"')) return Buffer.from(text, "latin1");
  const plain = text
    .slice(1, -1)
    .replaceAll(/\\([0-7]{3}|.)/g, (_, code: string) =>
      code.length === 3
        ? String.fromCharCode(Number.parseInt(code, 8))
        : String.fromCharCode(escapes[code] ?? code.charCodeAt(0)),
    );
  return Buffer.from(plain, "latin1");
}
