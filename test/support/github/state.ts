import { createHash } from "node:crypto";
import { join } from "node:path";
import type { z } from "zod";
import { deleteRef, type Files, initBare, writeCommit, writeMerge } from "./git/commit.ts";
import {
  BranchPush,
  Edit,
  NewComment,
  NewPullRequest,
  NewRepository,
  NewReview,
  NewStatus,
  NewTeam,
  PullRequestName,
  Push,
} from "./inputs.ts";
import {
  branchTip,
  type CommentRecord,
  type Commit,
  fullName,
  headOf,
  type PullRequestRecord,
  type Records,
  type RepositoryRecord,
  type StatusRecord,
  type Write,
} from "./records.ts";

const keptWrites = 10_000;

/**
 * The state of GitHub and all its changes. REST, GraphQL and git read this one state.
 * Every method throws an `Error` that names a missing object.
 */
export class State {
  readonly records: Records;
  /** Root of the bare repositories `<owner>/<name>.git`. */
  readonly gitRoot: string;
  readonly now: () => number;

  constructor(gitRoot: string, now: () => number, records?: Records) {
    this.gitRoot = gitRoot;
    this.now = now;
    this.records = records ?? { lastId: 0, repositories: {}, teams: {}, writes: [] };
  }

  repository(name: string): RepositoryRecord {
    const found = this.findRepository(name);
    if (found === undefined) throw new Error(`no repository ${name}`);
    return found;
  }

  /** Names compare without case, as on GitHub. */
  findRepository(name: string): RepositoryRecord | undefined {
    const wanted = name.toLowerCase();
    const key = Object.keys(this.records.repositories).find((known) => known.toLowerCase() === wanted);
    return key === undefined ? undefined : this.records.repositories[key];
  }

  pullRequest(repository: string, number: number): PullRequestRecord {
    const found = this.repository(repository).pulls[number];
    if (found === undefined) throw new Error(`no pull request ${repository}#${number}`);
    return found;
  }

  /** Every status of a commit, newest first. */
  statuses(repository: string, commit: string): readonly StatusRecord[] {
    return this.repository(repository).statuses[commit] ?? [];
  }

  comments(repository: string, number: number): readonly CommentRecord[] {
    return this.pullRequest(repository, number).comments;
  }

  /** Applied writes in order, including writes of people and tests. */
  get writes(): readonly Write[] {
    return this.records.writes;
  }

  async createRepository(input: z.input<typeof NewRepository>): Promise<RepositoryRecord> {
    const { repository, branch, files, at = this.now() } = NewRepository.parse(input);
    const [owner = "", name = ""] = repository.split("/");
    const directory = files === undefined ? undefined : join(this.gitRoot, owner, `${name}.git`);
    const created: RepositoryRecord = {
      owner,
      name,
      defaultBranch: branch,
      ...(directory !== undefined && { directory }),
      branches: {},
      pulls: {},
      commits: {},
      statuses: {},
    };
    if (directory !== undefined) await initBare(directory, branch);
    this.records.repositories[repository] = created;
    created.branches[branch] = await this.#commit(created, {
      ref: `refs/heads/${branch}`,
      parents: [],
      files: files ?? {},
      message: "Begin",
      author: "ada",
      at,
    });
    return created;
  }

  async openPullRequest(input: z.input<typeof NewPullRequest>): Promise<PullRequestRecord> {
    const wish = NewPullRequest.parse(input);
    const repository = this.repository(wish.repository);
    const base = wish.base ?? repository.defaultBranch;
    const { lastNumber = 0, pulls } = repository;
    const number = wish.number ?? 1 + Math.max(lastNumber, ...Object.keys(pulls).map(Number));
    repository.lastNumber = Math.max(lastNumber, number);
    if (repository.pulls[number] !== undefined) throw new Error(`${wish.repository}#${number} exists already`);
    const createdAt = wish.createdAt ?? this.now();
    const commit = await this.#commit(repository, {
      ref: `refs/pull/${number}/head`,
      parents: [wish.from ?? branchTip(repository, base).oid],
      files: wish.files,
      message: wish.title,
      author: wish.author ?? "ghost",
      at: wish.committedAt ?? createdAt,
    });
    const pull: PullRequestRecord = {
      number,
      base,
      headBranch: `change-${number}`,
      author: wish.author,
      association: wish.association,
      createdAt,
      title: wish.title,
      isDraft: wish.draft,
      state: "OPEN",
      labels: wish.labels,
      commits: [commit],
      reviews: [],
      comments: [],
      updatedAt: createdAt,
      closedAt: null,
    };
    repository.pulls[number] = pull;
    return pull;
  }

  /** Pushes to a pull request; returns its new head. */
  async push(input: z.input<typeof Push>): Promise<string> {
    const { repository: name, number, files, message, force, at = this.now() } = Push.parse(input);
    const repository = this.repository(name);
    const pull = this.pullRequest(name, number);
    const parent = force ? branchTip(repository, pull.base) : headOf(pull);
    const author = pull.author ?? "ghost";
    const ref = `refs/pull/${number}/head`;
    const commit = await this.#commit(repository, { ref, parents: [parent.oid], files, message, author, at });
    pull.commits = force ? [commit] : [...pull.commits, commit];
    pull.updatedAt = this.now();
    return commit.oid;
  }

  /** Pushes to a branch and returns its new tip. A new branch starts at the default branch. */
  async pushBranch(input: z.input<typeof BranchPush>): Promise<string> {
    const { repository: name, branch: wanted, files, message, at = this.now() } = BranchPush.parse(input);
    const repository = this.repository(name);
    const branch = wanted ?? repository.defaultBranch;
    const parent = repository.branches[branch] ?? branchTip(repository, repository.defaultBranch);
    const ref = `refs/heads/${branch}`;
    const commit = await this.#commit(repository, { ref, parents: [parent.oid], files, message, author: "ada", at });
    repository.branches[branch] = commit;
    return commit.oid;
  }

  edit(input: z.input<typeof Edit>): void {
    const { repository, number, title, draft, addLabels, removeLabels } = Edit.parse(input);
    const pull = this.pullRequest(repository, number);
    pull.title = title ?? pull.title;
    pull.isDraft = draft ?? pull.isDraft;
    pull.labels = [...new Set([...pull.labels, ...addLabels])].filter((label) => !removeLabels.includes(label));
    pull.updatedAt = this.now();
  }

  review(input: z.input<typeof NewReview>): void {
    const { repository, number, author, state, commit, association } = NewReview.parse(input);
    const pull = this.pullRequest(repository, number);
    const reviewed = commit ?? headOf(pull).oid;
    pull.reviews.push({ id: this.#nextId(), author, state, commit: reviewed, association, submittedAt: this.now() });
    pull.updatedAt = this.now();
  }

  close(input: z.input<typeof PullRequestName>): void {
    const { repository, number } = PullRequestName.parse(input);
    this.#end(this.pullRequest(repository, number), "CLOSED");
  }

  reopen(input: z.input<typeof PullRequestName>): void {
    const { repository, number } = PullRequestName.parse(input);
    const pull = this.pullRequest(repository, number);
    Object.assign(pull, { state: "OPEN", closedAt: null, updatedAt: this.now() });
  }

  /** Merges a pull request into its base. Throws on a conflict. */
  async merge(input: z.input<typeof PullRequestName>): Promise<void> {
    const { repository: name, number } = PullRequestName.parse(input);
    const repository = this.repository(name);
    const pull = this.pullRequest(name, number);
    const ref = `refs/heads/${pull.base}`;
    const [base, head] = [branchTip(repository, pull.base).oid, headOf(pull).oid];
    const message = `Merge pull request #${number}`;
    const at = this.now();
    const oid =
      repository.directory === undefined
        ? inventedCommit(`${name} ${ref} ${base} ${head}`)
        : await writeMerge(repository.directory, { ref, base, head, message, author: "rita", at });
    if (oid === undefined) throw new Error(`${name}#${number} conflicts with ${pull.base}`);
    repository.branches[pull.base] = this.#remember(repository, { oid, message, author: "rita", committedAt: at });
    this.#end(pull, "MERGED");
  }

  /** Removes a pull request's reference from git only: listed commits can no longer be fetched. */
  async loseHead(input: z.input<typeof PullRequestName>): Promise<void> {
    const { repository: name, number } = PullRequestName.parse(input);
    const { directory } = this.repository(name);
    if (directory !== undefined) await deleteRef(directory, `refs/pull/${number}/head`);
  }

  setStatus(input: z.input<typeof NewStatus>): StatusRecord {
    const { repository: name, commit, ...status } = NewStatus.parse(input);
    const repository = this.repository(name);
    const created = { id: this.#nextId(), createdAt: this.now(), ...status };
    repository.statuses[commit] = [created, ...(repository.statuses[commit] ?? [])];
    this.#record({ what: "status", at: created.createdAt, repository: name, commit, ...status });
    return created;
  }

  comment(input: z.input<typeof NewComment>): CommentRecord {
    const { repository, number, author, body } = NewComment.parse(input);
    const pull = this.pullRequest(repository, number);
    const at = this.now();
    const created = { id: this.#nextId(), author, body, createdAt: at, updatedAt: at };
    pull.comments.push(created);
    pull.updatedAt = at;
    this.#record({ what: "comment", at, repository, number, id: created.id, author, body });
    return created;
  }

  /** Undefined when the repository has no such comment. */
  editComment(repository: string, id: number, body: string, author: string): CommentRecord | undefined {
    for (const pull of Object.values(this.repository(repository).pulls)) {
      const comment = pull.comments.find((candidate) => candidate.id === id);
      if (comment === undefined) continue;
      Object.assign(comment, { body, updatedAt: this.now() });
      pull.updatedAt = comment.updatedAt;
      this.#record({ what: "edit", at: comment.updatedAt, repository, number: pull.number, id, author, body });
      return comment;
    }
    return undefined;
  }

  setTeam(input: z.input<typeof NewTeam>): void {
    const { organization, team, members } = NewTeam.parse(input);
    this.records.teams[organization] = { ...this.records.teams[organization], [team]: members };
  }

  #end(pull: PullRequestRecord, state: "CLOSED" | "MERGED"): void {
    const at = this.now();
    Object.assign(pull, { state, closedAt: at, updatedAt: at });
  }

  async #commit(
    repository: RepositoryRecord,
    commit: { ref: string; parents: readonly string[]; files: Files; message: string; author: string; at: number },
  ): Promise<Commit> {
    const { message, author, at } = commit;
    const oid =
      repository.directory === undefined
        ? inventedCommit(`${fullName(repository)} ${this.#nextId()} ${commit.ref}`)
        : await writeCommit(repository.directory, commit);
    return this.#remember(repository, { oid, message, author, committedAt: at });
  }

  #remember(repository: RepositoryRecord, commit: Commit): Commit {
    repository.commits[commit.oid] = commit;
    return commit;
  }

  #record(write: Write): void {
    this.records.writes.push(write);
    if (this.records.writes.length > keptWrites) this.records.writes.shift();
  }

  #nextId(): number {
    this.records.lastId += 1;
    return this.records.lastId;
  }
}

function inventedCommit(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
