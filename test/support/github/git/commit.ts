import { spawn } from "node:child_process";
import { appendFile, mkdir } from "node:fs/promises";

/** Content by path; null deletes the file. A file that starts with `#!` becomes executable. */
export type Files = Readonly<Record<string, string | null>>;

export interface NewCommit {
  /** Full name of the reference to move to the new commit, forced. */
  readonly ref: string;
  readonly parents: readonly string[];
  readonly files: Files;
  readonly message: string;
  readonly author: string;
  /** Milliseconds. */
  readonly at: number;
}

/** Creates an empty bare repository. As on GitHub, any commit can be fetched by id. */
export async function initBare(directory: string, branch: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await git(directory, ["init", "--quiet", "--bare", `--initial-branch=${branch}`, "."]);
  await appendFile(`${directory}/config`, "[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true\n");
}

/** Writes one commit and moves its reference. Uses one git process for any number of files. */
export async function writeCommit(directory: string, commit: NewCommit): Promise<string> {
  const output = await git(directory, ["fast-import", "--quiet", "--force"], fastImport(commit));
  return output.trim();
}

/** Merges `head` into a branch as GitHub's merge button does; undefined on a conflict. */
export async function writeMerge(
  directory: string,
  merge: Omit<NewCommit, "files" | "parents"> & { readonly base: string; readonly head: string },
): Promise<string | undefined> {
  const tree = await git(directory, ["merge-tree", "--write-tree", merge.base, merge.head]).catch(() => undefined);
  if (tree === undefined) return undefined;
  const date = `${Math.floor(merge.at / 1000)} +0000`;
  const oid = await git(
    directory,
    ["commit-tree", tree.trim(), "-p", merge.base, "-p", merge.head],
    merge.message,
    identity(merge.author, date),
  );
  await git(directory, ["update-ref", merge.ref, oid.trim()]);
  return oid.trim();
}

export async function deleteRef(directory: string, ref: string): Promise<void> {
  await git(directory, ["update-ref", "-d", ref]);
}

/** Environment of every git process of the stand-in: without user configuration and prompts. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
  };
}

function fastImport(commit: NewCommit): string {
  const seconds = Math.floor(commit.at / 1000);
  const who = `${commit.author} <${commit.author}@example.org> ${seconds} +0000`;
  const [first, ...others] = commit.parents;
  const lines = [
    `commit ${commit.ref}`,
    "mark :1",
    `author ${who}`,
    `committer ${who}`,
    data(commit.message),
    ...(first === undefined ? [] : [`from ${first}`]),
    ...others.map((parent) => `merge ${parent}`),
    ...Object.entries(commit.files).map(([path, content]) => change(path, content)),
    "",
    "get-mark :1",
    "",
  ];
  return lines.join("\n");
}

function change(path: string, content: string | null): string {
  if (content === null) return `D ${path}`;
  return `M ${content.startsWith("#!") ? "100755" : "100644"} inline ${path}\n${data(content)}`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function identity(name: string, date: string): Record<string, string> {
  const email = `${name}@example.org`;
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
}

function git(
  directory: string,
  args: readonly string[],
  input = "",
  env: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: directory, env: { ...gitEnvironment(), ...env } });
    let output = "";
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`git ${args[0]} in ${directory} ended with ${code}: ${complaint.trim()}`));
    });
    // Git may exit before it has read everything. Its exit code then shows the reason.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
