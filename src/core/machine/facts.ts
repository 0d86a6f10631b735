/** What was found out about a machine on which `builderpool up` shall run. Troubles are ends of sentences. */
export interface MachineFacts {
  /** As Node names it: `linux`, `darwin`. */
  readonly platform: string;
  readonly node: string;
  /** Programs that builds need, each with its version; without one it cannot be run. */
  readonly programs: readonly { readonly name: string; readonly version: string | undefined }[];
  /** A python that can make virtual environments. */
  readonly python: string | undefined;
  /** Whether a build can be given a process table of its own. */
  readonly isolated: boolean;
  /** As whom builds run, as a sentence, and whether that keeps them from this process's files. */
  readonly users: { readonly meaning: string; readonly fate: "apart" | "together" | "refused" };
  readonly folder: FolderFacts;
  readonly pages: { readonly address: string; readonly trouble?: PageTrouble };
  readonly files: FileFacts;
  readonly apis: readonly ApiFacts[];
  readonly repositories: readonly {
    readonly address: string;
    readonly branch: string | undefined;
    readonly trouble?: string;
  }[];
  /** Releases of aliBuild that pools build with; absent when nobody asked. */
  readonly tools?: readonly { readonly name: string; readonly trouble?: string }[];
}

export interface FolderFacts {
  readonly path: string;
  readonly exists: boolean;
  /** Whether an `up` works in it. */
  readonly running: boolean;
  /** Why nothing can be written there. */
  readonly trouble?: string;
  readonly caseSensitive: boolean;
  /** Bytes. */
  readonly free: number;
  /** Bytes that pools want to be free, as far as this disk can give them. */
  readonly wanted: number;
}

/** `ours`: the running `up` of the same work folder serves them. */
export type PageTrouble = "ours" | "taken" | { readonly because: string };

export interface FileFacts {
  /** Names of the pools that can be used; absent when no file was named. */
  readonly pools?: readonly string[];
  readonly problems: readonly string[];
  /** What people should know about what pools ask for on one machine, as sentences. */
  readonly notes: readonly string[];
}

/** What pools do with a credential. */
export type Right = "statuses" | "comments" | "teams";

export interface ApiFacts {
  readonly address: string;
  /** Pools that use it with this credential. */
  readonly pools: readonly string[];
  readonly credential: "none" | "token" | "app";
  /** The Secret whose files hold it, where a pool names one. */
  readonly secret?: string;
  readonly wants: readonly Right[];
  /** What GitHub answered; absent when it was not asked. */
  readonly answer?: AccountFacts | { readonly trouble: string; readonly isUnknown: boolean };
}

export interface AccountFacts {
  /** Scopes of a classic token; GitHub does not tell those of others. */
  readonly scopes?: readonly string[];
  /** The scarcer of GitHub's two budgets. */
  readonly limit: number;
  readonly remaining: number;
}
