import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { parseReply } from "../graphql/graphql.ts";
import { readPages } from "../graphql/pages.ts";
import { noMore, PageInfo } from "../graphql/pullRequestNode.ts";
import { membersQuery } from "../graphql/query.ts";
import type { Request } from "./readPullRequests.ts";

const maxAge = 600_000;

export type TeamMembers = (
  repository: string,
  slugs: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, ReadonlySet<string>>>;

/**
 * Reads the members of teams of a repository's organisation, at most ten minutes old. A team never fails a listing.
 * When GitHub cannot be read, the last known members stay trusted. A team without known members is empty.
 * A team that does not exist, or that the credential may not read, is requested again after ten minutes.
 */
export function createTeams(
  request: Request,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): TeamMembers {
  const known = new Map<string, { readonly members: ReadonlySet<string>; readonly readAt: number }>();

  return async (repository, slugs, signal) => {
    const organization = repository.slice(0, repository.indexOf("/"));
    const teams = new Map<string, ReadonlySet<string>>();
    for (const slug of slugs) teams.set(slug.toLowerCase(), await members(organization, slug.toLowerCase(), signal));
    return teams;
  };

  async function members(organization: string, slug: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const key = `${organization.toLowerCase()}/${slug}`;
    const last = known.get(key);
    if (last !== undefined && clock.monotonic() - last.readAt < maxAge) return last.members;
    const readAt = clock.monotonic();
    try {
      const fresh = { readAt, members: await readMembers(request, organization, slug, signal) };
      known.set(key, fresh);
      return fresh.members;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      const members = last?.members ?? new Set<string>();
      // The refusal lasts until a person acts. A request at every poll would cost one point each time.
      if (error.code === "NotFound" || error.code === "Unauthorized") known.set(key, { readAt, members });
      log.warn(
        { team: key, code: error.code, reason: error.message },
        "could not read a team; its last known members stay trusted, and a later poll retries it",
      );
      return members;
    }
  }
}

const Reply = z.object({
  organization: z.object({
    team: z
      .object({
        members: z.object({ nodes: z.array(z.object({ login: z.string() })), pageInfo: PageInfo }),
      })
      .nullable(),
  }),
});

async function readMembers(
  request: Request,
  organization: string,
  team: string,
  signal: AbortSignal,
): Promise<Set<string>> {
  const what = `the members of team ${organization}/${team}`;
  const logins = new Set<string>();
  await readPages(what, async (after) => {
    const { data } = await request({ query: membersQuery, variables: { organization, team, after }, what, signal });
    const page = parseReply(Reply, data, what).organization.team?.members;
    for (const { login } of page?.nodes ?? []) logins.add(login);
    return page?.pageInfo ?? noMore;
  });
  return logins;
}
