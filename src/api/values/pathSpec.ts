import { z } from "zod";

/**
 * A pathspec of git that is relative to the top of a repository: a file, a directory or a pattern such as `*.cxx`. `:!`
 * excludes. Git refuses paths outside the repository.
 */
export const PathSpec = z
  .string()
  .max(200)
  .regex(/^(:[!^])?[^:/!^\p{Cc}][^\p{Cc}]*$/u, { error: expected })
  .refine((path) => !/^(:[!^])?(.*\/)?\.\.(\/|$)/.test(path), { error: expected });

function expected({ input }: { readonly input?: unknown }): string {
  return `expected a path from the top of the repository, such as DATA/ or *.cxx, without "/" or ":" at its start and without "..", found ${JSON.stringify(input)}`;
}
