import { inspect } from "node:util";
import { createGitHub } from "../../../src/github/client.ts";
import { type GitHub, GitHubError, type StatusWrite } from "../../../src/github/github.ts";
import type { Credential } from "../../../src/github/http/credential.ts";
import { type Response, type Scripted, scripted } from "../../support/github/scripted.ts";
import { keptLog } from "../../support/keptLog.ts";
import { leapingClock } from "../../support/leapingClock.ts";

export const token = "ghp_secretsecretsecret";
export const signal = new AbortController().signal;
export const status: StatusWrite = {
  repository: "alice/o2",
  commit: "a".repeat(40),
  context: "build/O2/o2",
  state: "success",
  description: "",
  url: "",
};

export interface ClientOptions {
  readonly credential?: Credential;
  /** Path of the API address, after the server's address. */
  readonly path?: string;
  readonly now?: number;
  readonly timeout?: number;
}

/** A client of the server. Its clock moves only when the test advances it. */
export function gitHub(
  server: Pick<Scripted, "url">,
  { credential = { token }, path = "", now, ...rest }: ClientOptions = {},
) {
  const clock = leapingClock(now);
  const log = keptLog();
  return { client: createGitHub({ apiUrl: server.url + path, credential, clock, log, ...rest }), clock, log };
}

/** The error of one status write to a server that always sends `reply`. */
export async function failing(reply: Response, credential?: Credential): Promise<GitHubError> {
  await using server = await scripted(() => reply);
  const { client } = gitHub(server, credential && { credential });
  return await errorOf(client.setStatus(status, signal));
}

export async function errorOf(work: Promise<unknown>): Promise<GitHubError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof GitHubError) return error;
  throw new Error(`expected a GitHubError, found ${inspect(error)}`);
}

export const list = (client: GitHub) => client.list({ repository: "alice/o2", branch: "dev", teams: [], signal });
