import { z } from "zod";

/**
 * A GitHub repository, `owner/name`. An enterprise gives its users logins with `_`. A name may begin with one dot, as
 * `.github`. Every other name is a safe path of two parts.
 */
export const Repository = z
  .string()
  .max(140)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*\/\.?[A-Za-z0-9_-][A-Za-z0-9._-]*$/, {
    error: (issue) => `expected owner/name of a GitHub repository, found ${JSON.stringify(issue.input)}`,
  });

/** A character of a ref that git accepts anywhere, except `@` and `{`, which git refuses beside each other. */
const plain = "[^/\\\\\\p{Cc} ~^:?*[.@{]";
const first = plain.replace("[^", "[^-");
const tail = `(?:${plain.replace("@{", "@")}|@+${plain})*@*`;
const part = `(?:(?:${plain.replace("@{", "@")}|@+${plain})+@*|@+)`;
const start = `(?:(?:${first.replace("@{", "@")}|@+${plain})${tail}|@+)`;
const refShape = new RegExp(`^${start}(?:(?:\\.?/|\\.)${part})*$`, "u");

/** Rules of git that a pattern of the API server cannot express, in its rule language. */
export const branchRule = "self != '@' && !self.endsWith('.lock') && !self.contains('.lock/')";
/** Message of the API server for `branchRule`. */
export const branchMessage = "is no branch name for git: it is @, or one of its parts ends in .lock";

/** A branch name that git accepts (`git check-ref-format --branch`). So it is safe as a git argument and as a path. */
export const Branch = z
  .string()
  .min(1)
  .max(244)
  .regex(refShape, { error: (issue) => expected(issue.input) })
  .refine((name) => name !== "@" && !/\.lock(\/|$)/.test(name), { error: (issue) => expected(issue.input) });

function expected(found: unknown): string {
  return `expected a branch name, found ${JSON.stringify(found)}`;
}
