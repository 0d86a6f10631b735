import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The owner of a token in the API server. */
export interface Owner {
  readonly username: string;
  readonly pod?: string;
  readonly audience?: string;
}

/** The part of a Build that the log service reads. */
export interface FoundBuild {
  readonly spec: {
    readonly pool: string;
    readonly repository: string;
    readonly number: number;
    readonly check: string;
    readonly shadow?: object;
  };
  readonly status?: object;
}

/** A fake API server for token reviews and lists of Builds. */
export interface TokenReviews extends AsyncDisposable {
  readonly address: string;
  /** Number of reviews so far. */
  readonly reviewed: number;
  /** Number of lists of Builds so far. */
  readonly listed: number;
  /** With true, answers 500 to token reviews from now on. */
  fail(fails: boolean): void;
  /** With true, answers 500 to lists of Builds from now on. */
  failLists(fails: boolean): void;
  /** The Builds of the namespace `ci`. */
  builds: readonly FoundBuild[];
}

const lists = "/apis/ci.alice.cern.ch/v1alpha1/namespaces/ci/builds";

/** Starts an API server over plain HTTP that supports only TokenReviews and lists of Builds by label. */
export async function tokenReviews(
  owners: Readonly<Record<string, Owner>>,
  initial: readonly FoundBuild[] = [],
): Promise<TokenReviews> {
  let reviewed = 0;
  let listed = 0;
  let fails = false;
  let failsLists = false;
  let builds = initial;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://api");
      if (request.method === "GET" && pathname === lists) {
        listed += 1;
        response.writeHead(failsLists ? 500 : 200, { "Content-Type": "application/json" });
        const items = builds.filter(({ spec }) => selectorOf(spec) === searchParams.get("labelSelector"));
        response.end(JSON.stringify({ items }));
        return;
      }
      reviewed += 1;
      if (fails || request.url !== "/apis/authentication.k8s.io/v1/tokenreviews") {
        response.writeHead(500).end();
        return;
      }
      response.writeHead(201, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ status: statusOf(Buffer.concat(pieces).toString(), owners) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get reviewed() {
      return reviewed;
    },
    get listed() {
      return listed;
    },
    fail: (wanted) => {
      fails = wanted;
    },
    failLists: (wanted) => {
      failsLists = wanted;
    },
    get builds() {
      return builds;
    },
    set builds(wanted) {
      builds = wanted;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function selectorOf({ pool, number }: FoundBuild["spec"]): string {
  return `ci.alice.cern.ch/pool=${pool},ci.alice.cern.ch/pull-request=${number}`;
}

function statusOf(question: string, owners: Readonly<Record<string, Owner>>): object {
  const { spec } = JSON.parse(question) as { spec: { token: string; audiences: string[] } };
  const owner = owners[spec.token];
  const audiences = spec.audiences.filter((one) => one === (owner?.audience ?? "builderpool-logs"));
  if (owner === undefined || audiences.length === 0) return { user: {}, error: "[invalid bearer token]" };
  const extra = owner.pod === undefined ? {} : { "authentication.kubernetes.io/pod-name": [owner.pod] };
  return { authenticated: true, audiences, user: { username: owner.username, extra } };
}
