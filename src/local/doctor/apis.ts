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

export interface ApiFactsInput {
  readonly workDir: string;
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const publicGitHub = "https://api.github.com";
const limit = 20_000;

/** Asks every address of GitHub's once with each credential that pools use for it; without pools, github.com with the token given. */
export async function apiFactsOf(question: ApiFactsInput, pools: readonly BuilderPool[]): Promise<readonly ApiFacts[]> {
  const facts: ApiFacts[] = [];
  for (const group of groupsOf(pools)) {
    const [first] = group;
    const credential = first === undefined ? given(question.token) : credentialOf(first, question);
    const secret = first?.spec.github.secretRef?.name;
    const address = first?.spec.github.apiUrl ?? publicGitHub;
    facts.push({
      address,
      pools: group.map(({ metadata }) => metadata.name),
      credential: credential === "none" ? "none" : "token" in credential ? "token" : "app",
      ...(secret !== undefined && { secret }),
      wants: [...new Set(group.flatMap(rightsOf))],
      ...(credential !== "none" && { answer: await ask(question, address, credential) }),
    });
  }
  return facts;
}

function given(token: string | undefined): Credential {
  return token === undefined ? "none" : { token };
}

function credentialOf(pool: BuilderPool, { workDir, token }: ApiFactsInput): Credential {
  return createLocalCredential(pool, workDir, token);
}

/** Pools by address and Secret; one empty group where there are no pools. */
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

async function ask(
  { clock, log }: ApiFactsInput,
  apiUrl: string,
  credential: Credential,
): Promise<NonNullable<ApiFacts["answer"]>> {
  try {
    return await requestAccount({ apiUrl, credential, clock, log }, AbortSignal.timeout(limit));
  } catch (error) {
    const trouble = messageOf(error);
    // a broker that lets little through, and an Enterprise server without limits, have no such page
    return { trouble, isUnknown: error instanceof GitHubError && error.code === "NotFound" };
  }
}
