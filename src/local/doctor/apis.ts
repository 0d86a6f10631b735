import type { BuilderPool } from "../../api/objects/pool.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import type { ApiFacts, Right } from "../../core/machine/facts.ts";
import { requestAccount } from "../../github/account.ts";
import { GitHubError } from "../../github/github.ts";
import type { Credential } from "../../github/http/credential.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { createLocalCredential } from "../credential.ts";

/** Settings and ports of `apiFactsOf`. */
export interface ApiFactsInput {
  readonly workDir: string;
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const publicGitHub = "https://api.github.com";
const timeoutMs = 20_000;

/**
 * Requests the account from each GitHub address once per credential that pools use there. Without pools, uses
 * github.com and the given token. A failed request becomes part of the facts.
 */
export async function apiFactsOf(input: ApiFactsInput, pools: readonly BuilderPool[]): Promise<readonly ApiFacts[]> {
  const facts: ApiFacts[] = [];
  for (const group of groupsOf(pools)) {
    const [first] = group;
    const credential = first === undefined ? tokenCredential(input.token) : credentialOf(first, input);
    const secret = first?.spec.github.secretRef?.name;
    const address = first?.spec.github.apiUrl ?? publicGitHub;
    facts.push({
      address,
      pools: group.map(({ metadata }) => metadata.name),
      credential: credential === "none" ? "none" : "token" in credential ? "token" : "app",
      ...(secret !== undefined && { secret }),
      wants: [...new Set(group.flatMap(rightsOf))],
      ...(credential !== "none" && { answer: await requestAnswer(input, address, credential) }),
    });
  }
  return facts;
}

function tokenCredential(token: string | undefined): Credential {
  return token === undefined ? "none" : { token };
}

function credentialOf(pool: BuilderPool, { workDir, token }: ApiFactsInput): Credential {
  return createLocalCredential(pool, workDir, token);
}

/** Groups the pools by address and Secret. Returns one empty group if there are no pools. */
function groupsOf(pools: readonly BuilderPool[]): readonly (readonly BuilderPool[])[] {
  if (pools.length === 0) return [[]];
  const groups = Map.groupBy(pools, ({ spec }) => `${spec.github.apiUrl} ${spec.github.secretRef?.name ?? ""}`);
  return [...groups.values()];
}

function rightsOf(pool: BuilderPool): readonly Right[] {
  const { checks } = poolChecksOf(pool);
  const loud = pool.spec.silent ? [] : checks.filter(({ silent }) => !silent);
  return [
    ...(loud.length > 0 ? (["statuses"] as const) : []),
    ...(loud.some(({ comments }) => comments) ? (["comments"] as const) : []),
    ...(checks.some(({ trust }) => trust.team !== undefined) ? (["teams"] as const) : []),
  ];
}

async function requestAnswer(
  { clock, log }: ApiFactsInput,
  apiUrl: string,
  credential: Credential,
): Promise<NonNullable<ApiFacts["answer"]>> {
  try {
    return await requestAccount({ apiUrl, credential, clock, log }, AbortSignal.timeout(timeoutMs));
  } catch (error) {
    const trouble = messageOf(error);
    // a broker with few allowed paths and an Enterprise server without rate limits have no such page
    return { trouble, isUnknown: error instanceof GitHubError && error.code === "NotFound" };
  }
}
