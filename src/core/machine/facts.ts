/** Facts about a machine for `builderpool up`. Every `trouble` is the second half of a message, after a colon. */
export interface MachineFacts {
  /** Platform name of Node: `linux`, `darwin`. */
  readonly platform: string;
  readonly node: string;
  /** Programs that builds need, with their version. Undefined if the program cannot be run. */
  readonly programs: readonly { readonly name: string; readonly version: string | undefined }[];
  /** Path of a Python that can create virtual environments. */
  readonly python: string | undefined;
  /** Namespaces that a build can have. */
  readonly isolation: IsolationFacts;
  /** Reason why a build can have no control group, as a clause. Undefined if it can. */
  readonly noGroups: string | undefined;
  /** Users of builds as a sentence, and whether they are separated from the files of `builderpool up`. */
  readonly users: { readonly meaning: string; readonly fate: "apart" | "together" | "refused" };
  readonly folder: FolderFacts;
  readonly pages: { readonly address: string; readonly trouble?: PageTrouble };
  readonly files: FileFacts;
  readonly apis: readonly ApiFacts[];
  readonly repositories: readonly {
    readonly address: string;
    readonly branch: string | undefined;
    readonly trouble?: string;
    /** The proxy that git uses. Absent: none. */
    readonly proxy?: string;
  }[];
  /** Releases of aliBuild in the pools. Absent when they were not checked. */
  readonly tools?: readonly { readonly name: string; readonly trouble?: string }[];
}

/** Whether a build can have its own processes, IPC objects, and view of the files. */
export interface IsolationFacts {
  readonly processes: boolean;
  readonly ipc: boolean;
  readonly files: boolean;
}

/** Facts about the work folder. */
export interface FolderFacts {
  readonly path: string;
  readonly exists: boolean;
  /** Whether a `builderpool up` uses the folder. */
  readonly running: boolean;
  /** Reason why the folder is not writable. */
  readonly trouble?: string;
  readonly caseSensitive: boolean;
  /** Free bytes. */
  readonly free: number;
  /** Free bytes that pools want, at most the share that this disk allows. */
  readonly wanted: number;
}

/** Problem with the port. `ours`: the running `up` of the same work folder has the port. */
export type PageTrouble = "ours" | "taken" | { readonly because: string };

/** Facts about the pool files. */
export interface FileFacts {
  /** Names of the usable pools. Absent when no file was named. */
  readonly pools?: readonly string[];
  readonly problems: readonly string[];
  /** Declared architectures of the usable pools. */
  readonly architectures?: readonly { readonly pool: string; readonly name: string }[];
  /** Sentences about settings without effect on one machine. */
  readonly notes: readonly string[];
}

/** Right of a credential that pools need. */
export type Right = "statuses" | "comments" | "teams";

/** Facts about one GitHub address with one credential. */
export interface ApiFacts {
  readonly address: string;
  /** The proxy on the way to the address. Absent: none. */
  readonly proxy?: string;
  /** Pools that use the address with this credential. */
  readonly pools: readonly string[];
  readonly credential: "none" | "token" | "app";
  /** Secret with the credential, if a pool names one. */
  readonly secret?: string;
  readonly wants: readonly Right[];
  /** Answer of GitHub. Absent when GitHub was not asked. */
  readonly answer?: AccountFacts | { readonly trouble: string; readonly isUnknown: boolean };
}

/** Facts from GitHub about a credential. */
export interface AccountFacts {
  /** Scopes of a classic token. GitHub does not report scopes of other credentials. */
  readonly scopes?: readonly string[];
  /** Requests an hour: the smaller of the two budgets of GitHub. */
  readonly limit: number;
  readonly remaining: number;
}
