import type { GitAccess } from "./git.ts";

/** One repository to fetch. */
export interface FetchRequest {
  /** Base URL: the repository is `<gitUrl>/<repository>`, with or without `.git`. */
  readonly gitUrl: string;
  /** Name of the Secret with the git credential (`spec.github.gitSecretRef`). */
  readonly gitSecret?: string;
  readonly repository: string;
  /** Branch to fetch. Default: the default branch of the remote. */
  readonly branch?: string;
  /** Also fetch the head of this pull request. */
  readonly pull?: { readonly number: number; readonly commit: string };
  /** Time limit of one git command. The first clone of a repository may take longer. */
  readonly timeoutMs: number;
}

/** A request with the credential of its pool. */
export interface AuthorizedRequest extends FetchRequest {
  readonly access?: GitAccess | undefined;
}

/** A mirror after a fetch. */
export interface Mirrored {
  /** Absolute path of the bare repository. */
  readonly mirror: string;
  /** Commit at the tip of the branch. */
  readonly commit: string;
}
