import { GitHubError } from "../github.ts";

/** The end of one page of a list. */
export interface PageEnd {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

/** Most pages of one list. A server that always promises one more page must not hold the operator for ever. */
export const mostPages = 1000;

/**
 * Reads all pages of a list, each after the cursor of the page before. Throws a GitHubError if the list does not end: a
 * part of the list is not the list.
 */
export async function readPages(what: string, read: (after: string | null) => Promise<PageEnd>): Promise<void> {
  let after: string | null = null;
  for (let page = 0; page < mostPages; page += 1) {
    const { hasNextPage, endCursor }: PageEnd = await read(after);
    if (!hasNextPage) return;
    if (endCursor === null || endCursor === after) throw endless(what);
    after = endCursor;
  }
  throw endless(what);
}

/** The error of a list that does not end. */
export function endless(what: string): GitHubError {
  return new GitHubError("Malformed", `GitHub sends ${what} without an end`);
}
