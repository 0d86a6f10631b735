import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { Access } from "../access.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string };
  /** The whole exchange, the answer's last byte included, takes no longer. */
  readonly deadlineMs: number;
  /** Silence for so long counts as broken. */
  readonly quietMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Ends when the server ends it; throws when it breaks, at a deadline, and when the signal aborts. Must be read to its end or left. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** One request over HTTP/1.1. Throws what kept the server from answering, and the signal's reason. */
export async function httpRequest(access: Access, call: HttpRequest): Promise<HttpResponse> {
  const { method, body, signal, deadlineMs, quietMs } = call;
  signal?.throwIfAborted();
  const own = await access.headers();
  signal?.throwIfAborted();
  const headers = {
    ...own,
    accept: "application/json",
    "user-agent": "builderpool",
    ...(body && { "content-type": body.type, "content-length": Buffer.byteLength(body.text) }),
  };
  const client = access.server.protocol === "http:" ? http : https;
  const url = new URL(call.path.replace(/^\//, ""), withSlash(access.server));
  const request = client.request(url, { method, agent: access.agent, headers });
  request.setSocketKeepAlive(true, 15_000);

  let open: ClientRequest | IncomingMessage = request;
  const cut = (reason: unknown) => open.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  const abort = () => cut(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const limit = setTimeout(() => cut(new Error(`no complete answer within ${deadlineMs / 1000} s`)), deadlineMs);
  if (quietMs !== undefined)
    request.setTimeout(quietMs, () => cut(new Error(`nothing was heard for ${quietMs / 1000} s`)));
  request.on("close", () => {
    clearTimeout(limit);
    signal?.removeEventListener("abort", abort);
  });

  request.end(body?.text);
  const response = await answered(request);
  open = response;
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers["retry-after"],
    chunks: response,
  };
}

function answered(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // The listener stays: what breaks later reaches the reader of the response, and must not end the process here.
    request.on("error", reject);
    request.on("response", (response) => {
      response.on("error", () => {});
      resolve(response);
    });
  });
}

/** A server behind a path prefix keeps it. */
function withSlash(server: URL): URL {
  return new URL(server.href.replace(/\/*$/, "/"));
}
