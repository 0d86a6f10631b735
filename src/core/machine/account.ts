import type { AccountFacts, ApiFacts, Right } from "./facts.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** Scopes of a classic token of which any one gives the right. */
const scopesFor: Readonly<Record<Right, readonly string[]>> = {
  statuses: ["repo", "public_repo", "repo:status"],
  comments: ["repo", "public_repo"],
  teams: ["admin:org", "write:org", "read:org"],
};

const purpose: Readonly<Record<Right, string>> = {
  statuses: "post statuses",
  comments: "write comments",
  teams: "ask who is in a team",
};

/** Below this a single pool of the field's size would use it up. */
const usualLimit = 5000;

/** What an address of GitHub's and the credential for it let pools do. */
export function diagnoseApi(api: ApiFacts): readonly Finding[] {
  const about = "github";
  const where = `${api.address}${api.pools.length === 0 ? "" : ` (${api.pools.join(", ")})`}`;
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
    const todo = "correct spec.github.apiUrl or the credential, or the way to the network";
    const level = api.answer.isUnknown ? warn : fail;
    return [level(about, `${where}: ${api.answer.trouble}`, api.answer.isUnknown ? undefined : todo)];
  }
  return [account(where, api, api.answer), ...missing(where, api, api.answer)];
}

function account(where: string, { credential }: ApiFacts, { scopes, limit, remaining }: AccountFacts): Finding {
  const kind = credential === "app" ? "the GitHub App is known" : "the token is known";
  const what = scopes === undefined ? "what it may write shows at the first status" : `scopes: ${listed(scopes)}`;
  const line = `${where}: ${kind}; ${what}; ${remaining} of ${limit} requests left this hour`;
  return limit < usualLimit || remaining < limit / 10
    ? warn("github", `${line}, which is little: reads pause when it is nearly spent`)
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
