import { z } from "zod";
import { parseReply, requestGraphQL } from "../graphql/graphql.ts";
import { viewerQuery } from "../graphql/query.ts";
import type { Transport } from "../http/transport.ts";

/** Returns whether a login is the account of the credential. */
export type IsViewer = (login: string, signal: AbortSignal) => Promise<boolean>;

const Reply = z.object({ viewer: z.object({ login: z.string() }) });

/**
 * Reads the account from GitHub once, and again after a failure. REST has no such request for a GitHub App. GitHub
 * ignores the case of logins. GraphQL may leave out the suffix of our bot. A bot is never taken for a person.
 */
export function createIsViewer(transport: Transport): IsViewer {
  let known: string | undefined;
  return async (login, signal) => {
    known ??= await readViewer(signal);
    return [known, `${known}[bot]`].includes(login.toLowerCase());
  };

  async function readViewer(signal: AbortSignal): Promise<string> {
    const what = "the account of the credential";
    const { data } = await requestGraphQL(transport, { query: viewerQuery, variables: {}, what, signal });
    return parseReply(Reply, data, what).viewer.login.toLowerCase();
  }
}
