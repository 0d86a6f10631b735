import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files of a commit: text by path; null deletes. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** A git repository for tests. */
export interface Repository {
  /** Working tree, also valid as a clone address. */
  readonly path: string;
  /** The `.git` of the working tree, for the `mirror` of an order. */
  readonly mirror: string;
  /** Commits on top of `on` (default: the tip of master) without moving master. Returns the hash. */
  propose(files: Files, on?: string): string;
  /** Commits to master. */
  commit(files: Files): string;
  tag(name: string): void;
  tip(): string;
}

/** A real git repository with one commit on master. */
export function createRepository(path: string, files: Files): Repository {
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", path, "-c", "user.name=t", "-c", "user.email=t@t", "-c", "gc.auto=0", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const record = (changes: Files, message: string) => {
    for (const [name, content] of Object.entries(changes)) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      if (content === null) git("rm", "-q", name);
      else writeFileSync(file, content);
    }
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  };
  git("init", "-q", "-b", "master");
  record(files, "Begin");
  return {
    path,
    mirror: join(path, ".git"),
    propose(changes, on = "master") {
      git("checkout", "-q", "--detach", on);
      const commit = record(changes, "Propose");
      git("update-ref", `refs/pull/${commit}`, commit);
      git("checkout", "-q", "-f", "master");
      return commit;
    },
    commit: (changes) => record(changes, "Change"),
    tag: (name) => void git("tag", name),
    tip: () => git("rev-parse", "master"),
  };
}
