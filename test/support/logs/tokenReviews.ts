import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The owner of a token in the API server. */
export interface Owner {
  readonly username: string;
  readonly pod?: string;
  readonly audience?: string;
}

/** A fake API server for token reviews. */
export interface TokenReviews extends AsyncDisposable {
  readonly address: string;
  /** Number of reviews so far. */
  readonly reviewed: number;
  /** With true, answers 500 from now on. */
  fail(fails: boolean): void;
}

/** Starts an API server over plain HTTP that supports only TokenReviews. */
export async function tokenReviews(owners: Readonly<Record<string, Owner>>): Promise<TokenReviews> {
  let reviewed = 0;
  let fails = false;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
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
    fail: (wanted) => {
      fails = wanted;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function statusOf(question: string, owners: Readonly<Record<string, Owner>>): object {
  const { spec } = JSON.parse(question) as { spec: { token: string; audiences: string[] } };
  const owner = owners[spec.token];
  const audiences = spec.audiences.filter((one) => one === (owner?.audience ?? "builderpool-logs"));
  if (owner === undefined || audiences.length === 0) return { user: {}, error: "[invalid bearer token]" };
  const extra = owner.pod === undefined ? {} : { "authentication.kubernetes.io/pod-name": [owner.pod] };
  return { authenticated: true, audiences, user: { username: owner.username, extra } };
}
