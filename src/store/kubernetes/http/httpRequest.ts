import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { Access } from "../access.ts";

/** One HTTP request to the API server. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string };
  /** Limit for the whole request, up to the last byte of the response. */
  readonly deadlineMs: number;
  /** A connection that is silent for this long counts as broken. */
  readonly quietMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The response to an HttpRequest. */
export interface HttpResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /**
   * The body. Throws if the connection breaks, at a deadline and when the signal aborts. The caller must read it to the
   * end or leave the loop.
   */
  readonly chunks: AsyncIterable<Buffer>;
}

/** Sends one request over HTTP/1.1. Throws the network error, or the signal's reason. Error statuses do not throw. */
export async function httpRequest(access: Access, call: HttpRequest): Promise<HttpResponse> {
  const { method, body, signal, deadlineMs, quietMs } = call;
  signal?.throwIfAborted();
  const authentication = await access.headers();
  signal?.throwIfAborted();
  const headers = {
    ...authentication,
    accept: "application/json",
    "user-agent": "builderpool",
    ...(body && { "content-type": body.type, "content-length": Buffer.byteLength(body.text) }),
  };
  const client = access.server.protocol === "http:" ? http : https;
  const url = new URL(call.path.replace(/^\//, ""), withSlash(access.server));
  const request = client.request(url, { method, agent: access.agent, headers });
  request.setSocketKeepAlive(true, 15_000);

  let open: ClientRequest | IncomingMessage = request;
  const destroy = (reason: unknown) => open.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  const abort = () => destroy(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const limit = setTimeout(() => destroy(new Error(`no complete answer within ${deadlineMs / 1000} s`)), deadlineMs);
  if (quietMs !== undefined) request.setTimeout(quietMs, () => destroy(new Error(`no data for ${quietMs / 1000} s`)));
  request.on("close", () => {
    clearTimeout(limit);
    signal?.removeEventListener("abort", abort);
  });

  request.end(body?.text);
  const response = await responseTo(request);
  open = response;
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers["retry-after"],
    chunks: response,
  };
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Keep the listener: the reader of the response sees later errors, and an unhandled one would end the process.
    request.on("error", reject);
    request.on("response", (response) => {
      response.on("error", () => {});
      resolve(response);
    });
  });
}

/** Adds a final slash, so that `new URL` keeps the path prefix of the server. */
function withSlash(server: URL): URL {
  return new URL(server.href.replace(/\/*$/, "/"));
}
