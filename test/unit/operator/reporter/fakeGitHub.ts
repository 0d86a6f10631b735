import { type CommentWrite, type GitHub, GitHubError, type StatusWrite } from "../../../../src/github/github.ts";

/** Results of the next calls, in order: success, an error, or an applied write with a lost reply. */
export type Fault = GitHubError | { readonly applied: GitHubError } | undefined;

export interface FakeGitHub extends GitHub {
  /** Newest status of each commit and context. */
  status(commit: string, context: string): StatusWrite | undefined;
  /** All accepted statuses, oldest first. */
  readonly taken: readonly StatusWrite[];
  readonly comments: readonly { readonly number: number; readonly body: string }[];
  /** Number of calls, failed calls included. */
  calls(): number;
  readonly faults: Fault[];
  /** When set, every call throws this error. */
  down: GitHubError | undefined;
  /** When set, every comment throws this error. */
  mute: GitHubError | undefined;
}

/** A GitHub in memory. Writes statuses and comments only when they differ, as the interface promises. */
export function fakeGitHub(): FakeGitHub {
  const statuses = new Map<string, StatusWrite>();
  const taken: StatusWrite[] = [];
  const comments: { number: number; body: string }[] = [];
  const faults: Fault[] = [];
  let calls = 0;

  async function attempt(write: () => boolean): Promise<{ readonly written: boolean }> {
    calls += 1;
    if (self.down !== undefined) throw self.down;
    const fault = faults.shift();
    if (fault instanceof GitHubError) throw fault;
    const written = write();
    if (fault !== undefined) throw fault.applied;
    return { written };
  }

  function take(status: StatusWrite): boolean {
    const key = `${status.commit} ${status.context}`;
    const before = statuses.get(key);
    const isSame =
      before?.state === status.state && before.description === status.description && before.url === status.url;
    if (isSame) return false;
    statuses.set(key, status);
    taken.push(status);
    return true;
  }

  function upsert({ number, prefix, body }: CommentWrite): boolean {
    const ours = comments.find((one) => one.number === number && one.body.startsWith(prefix));
    if (ours?.body === body) return false;
    if (ours === undefined) comments.push({ number, body });
    else ours.body = body;
    return true;
  }

  const self: FakeGitHub = {
    list: () => Promise.reject(new Error("the reporter lists nothing")),
    setStatus: (status) => attempt(() => take(status)),
    upsertComment: (comment) =>
      attempt(() => {
        if (self.mute !== undefined) throw self.mute;
        return upsert(comment);
      }),
    budgets: () => [],
    status: (commit, context) => statuses.get(`${commit} ${context}`),
    taken,
    comments,
    calls: () => calls,
    faults,
    down: undefined,
    mute: undefined,
  };
  return self;
}
