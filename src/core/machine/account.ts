import type { AccountFacts, ApiFacts, Right } from "./facts.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** Scopes of a classic token. Any one of them gives the right. */
const scopesFor: Readonly<Record<Right, readonly string[]>> = {
  statuses: ["repo", "public_repo", "repo:status"],
  comments: ["repo", "public_repo"],
  teams: ["admin:org", "write:org", "read:org"],
};

const purpose: Readonly<Record<Right, string>> = {
  statuses: "post statuses",
  comments: "write comments",
  teams: "list the members of a team",
};

/** Requests an hour. A single pool of the usual size would use up a smaller limit. */
const usualLimit = 5000;

/** Returns findings about one GitHub address and its credential: the missing rights and the request budget. */
export function diagnoseApi(api: ApiFacts): readonly Finding[] {
  const about = "github";
  const way = api.proxy === undefined ? "" : ` through ${api.proxy}`;
  const where = `${api.address}${api.pools.length === 0 ? "" : ` (${api.pools.join(", ")})`}${way}`;
  if (api.credential === "none") {
    if (api.pools.length === 0) return [];
    const todo =
      api.secret === undefined
        ? "start with GITHUB_TOKEN, or name a Secret in spec.github.secretRef"
        : `put its files into secrets/${api.secret}/ of the work folder: token, or appId, installationId and privateKey`;
    return [fail(about, `${where}: no credential, so nothing can be listed or posted`, todo)];
  }
  if (api.answer === undefined) return [];
  if ("trouble" in api.answer) {
    const todo = "correct spec.github.apiUrl, the credential or the network connection";
    const level = api.answer.isUnknown ? warn : fail;
    return [level(about, `${where}: ${api.answer.trouble}`, api.answer.isUnknown ? undefined : todo)];
  }
  return [account(where, api, api.answer), ...missing(where, api, api.answer)];
}

function account(where: string, { credential }: ApiFacts, { scopes, limit, remaining }: AccountFacts): Finding {
  const kind = credential === "app" ? "the GitHub App is valid" : "the token is valid";
  const rights = scopes === undefined ? "the first status will show its rights" : `scopes: ${listed(scopes)}`;
  const line = `${where}: ${kind}; ${rights}; ${remaining} of ${limit} requests left this hour`;
  return limit < usualLimit || remaining < limit / 10
    ? warn("github", `${line}, a small budget: reads pause when it is almost used up`)
    : ok("github", line);
}

function listed(scopes: readonly string[]): string {
  return scopes.length === 0 ? "none" : scopes.join(", ");
}

function missing(where: string, { wants }: ApiFacts, { scopes }: AccountFacts): readonly Finding[] {
  if (scopes === undefined) return [];
  return wants
    .filter((right) => !scopesFor[right].some((scope) => scopes.includes(scope)))
    .map((right) =>
      fail(
        "github",
        `${where}: the token may not ${purpose[right]}`,
        `give it one of the scopes ${scopesFor[right].toReversed().join(", ")}`,
      ),
    );
}
