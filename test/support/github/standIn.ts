import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { Accounts } from "./accounts.ts";
import { Budgets } from "./budgets.ts";
import { controlApi } from "./control.ts";
import { Faults } from "./faults.ts";
import { serveGit } from "./git/serve.ts";
import { answerGraphql } from "./graphql/execute.ts";
import { playFault } from "./play.ts";
import type { Records } from "./records.ts";
import { type Env, type Hub, restApi } from "./rest/app.ts";
import { State } from "./state.ts";

export interface StandInOptions {
  /** 0, the default, selects a free port. */
  readonly port?: number;
  /** Address to listen on and to publish; loopback when absent. */
  readonly host?: string;
  /** Directory of the bare repositories. When absent, a temporary directory that `close` deletes. */
  readonly directory?: string;
  /** A token known from the start, and its login. */
  readonly token?: string;
  readonly login?: string;
  /** The state of an earlier run. */
  readonly records?: Records;
  readonly now?: () => number;
}

export interface ReceivedRequest {
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** The fault of this request. */
  readonly fault?: string;
}

/** A GitHub stand-in: REST, GraphQL and git over real HTTP on loopback, with one shared state. */
export interface StandIn extends Hub {
  /** As github.com: GraphQL at `<apiUrl>/graphql`. */
  readonly apiUrl: string;
  /** As GitHub Enterprise: `…/api/v3`, with GraphQL at `…/api/graphql`. */
  readonly enterpriseApiUrl: string;
  readonly gitUrl: string;
  /** Password of git over HTTP. While absent, all repositories are public. */
  readonly gitAccess: { password?: string };
  /** Accepts `POST <controlUrl>/<verb>`. */
  readonly controlUrl: string;
  readonly token: string;
  readonly faults: Faults;
  /** The last 10,000 requests without control requests, oldest first. */
  readonly requests: readonly ReceivedRequest[];
  close(): Promise<void>;
}

const keptRequests = 10_000;
const gitPrefix = "/git";

export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const {
    port = 0,
    host = "127.0.0.1",
    token = "stand-in-token",
    login = "alibuild",
    now = Date.now,
    records,
  } = options;
  const temporary = options.directory === undefined ? await mkdtemp(join(tmpdir(), "github-")) : undefined;
  const gitRoot = options.directory ?? temporary ?? "";
  const hub: Hub = { state: new State(gitRoot, now, records), accounts: new Accounts(now), budgets: new Budgets(now) };
  hub.accounts.addToken(token, login);
  const faults = new Faults();
  const gitAccess: StandIn["gitAccess"] = {};
  const requests: ReceivedRequest[] = [];
  const api = bothAddresses(restApi(hub));
  const control = controlApi(hub, faults, () => requests);

  async function answer(request: Request, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/graphql" || pathname === "/api/graphql") return answerGraphql(hub, request);
    if (!pathname.startsWith(`${gitPrefix}/`)) return api.fetch(request);
    if (gitAccess.password !== undefined && passwordOf(incoming) !== gitAccess.password)
      return new Response("Repository not found.\n", {
        status: 401,
        headers: { "www-authenticate": 'Basic realm="GitHub"' },
      });
    serveGit(gitRoot, gitPrefix, incoming, outgoing);
    return RESPONSE_ALREADY_SENT;
  }

  async function handle(request: Request, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    if (pathname.startsWith("/_control/")) return control.fetch(request);
    const fault = faults.take(`${request.method} ${pathname}`);
    requests.push({ at: now(), method: request.method, path: pathname + search, ...(fault && { fault: fault.kind }) });
    if (requests.length > keptRequests) requests.shift();
    const truth = () => answer(request, incoming, outgoing);
    return fault === undefined ? truth() : playFault(fault, outgoing, truth);
  }

  const server = createServer((incoming, outgoing) => {
    const options = { overrideGlobalObjects: false, autoCleanupIncoming: false, errorHandler: brokenStandIn };
    void getRequestListener((request) => handle(request, incoming, outgoing), options)(incoming, outgoing);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    ...hub,
    apiUrl: url,
    enterpriseApiUrl: `${url}/api/v3`,
    gitUrl: url + gitPrefix,
    gitAccess,
    controlUrl: `${url}/_control`,
    token,
    faults,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    },
  };
}

function passwordOf({ headers: { authorization = "" } }: IncomingMessage): string | undefined {
  const [, password] = /^Basic (?<encoded>\S+)$/.exec(authorization) ?? [];
  return password === undefined ? undefined : Buffer.from(password, "base64").toString().split(":").slice(1).join(":");
}

/** REST at the root, as on github.com, and below `/api/v3`, as on GitHub Enterprise. */
function bothAddresses(api: Hono<Env>): Hono {
  return new Hono().route("/api/v3", api).route("/", api);
}

/** A bug of the stand-in must not look like an outage of GitHub. */
function brokenStandIn(error: unknown): Response {
  return new Response(`the GitHub stand-in failed: ${error instanceof Error ? error.stack : String(error)}`, {
    status: 500,
  });
}
