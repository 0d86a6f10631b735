import { type CommentWrite, type GitHub, GitHubError, type StatusWrite } from "../../../../src/github/github.ts";

/** What befalls the next calls, in order: done as asked, refused with an error, or applied although the answer is lost. */
export type Fault = GitHubError | { readonly applied: GitHubError } | undefined;

export interface FakeGitHub extends GitHub {
  /** Newest status of each commit and context. */
  status(commit: string, context: string): StatusWrite | undefined;
  /** Every status GitHub took, oldest first. */
  readonly taken: readonly StatusWrite[];
  readonly comments: readonly { readonly number: number; readonly body: string }[];
  /** Calls so far, failed ones included. */
  calls(): number;
  readonly faults: Fault[];
  /** When set, every call fails so. */
  down: GitHubError | undefined;
  /** When set, every comment fails so. */
  mute: GitHubError | undefined;
}

/** A GitHub with a memory: statuses and comments are written only when they differ, as the port promises. */
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
