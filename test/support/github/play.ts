import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Fault } from "./faults.ts";

/** Replies to a request with the fault. `answer` applies the request and returns the true reply. */
export async function playFault(
  fault: Fault,
  outgoing: ServerResponse,
  answer: () => Promise<Response>,
): Promise<Response> {
  switch (fault.kind) {
    case "status":
      return new Response(`<html><body><h1>${fault.status}</h1></body></html>`, {
        status: fault.status,
        headers: { "content-type": "text/html" },
      });
    case "retryAfter":
      return refusal(fault.status, "Try again later.", fault.seconds);
    case "secondaryLimit":
      return refusal(
        403,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        fault.seconds,
      );
    case "graphqlErrors":
      return withErrors(fault, await answer());
    case "unreadable":
      return withoutOne(fault.number, await answer());
    case "malformed":
      return new Response('{"data": {"repository": ', { headers: { "content-type": "application/json" } });
    case "hang":
      return new Promise((resolve) => outgoing.once("close", () => resolve(RESPONSE_ALREADY_SENT)));
    case "slow":
      await sleep(fault.ms);
      return answer();
    case "cutBefore":
      return cut(outgoing);
    case "cutAfter":
      await answer();
      return cut(outgoing);
    case "cutDuring":
      return cutDuring(outgoing, await answer());
  }
}

function refusal(status: number, message: string, seconds: number): Response {
  const headers = { "retry-after": String(seconds) };
  return Response.json({ message, documentation_url: "https://docs.github.com/rest" }, { status, headers });
}

async function withErrors(fault: Fault & { kind: "graphqlErrors" }, response: Response): Promise<Response> {
  const error = {
    ...(fault.type !== undefined && { type: fault.type }),
    message: "Something went wrong while executing your query.",
  };
  const body = (await response.json()) as { data?: unknown };
  return Response.json({ data: fault.keepData ? body.data : null, errors: [error] }, { headers: response.headers });
}

/** GitHub returns null and an error for an unreadable pull request, in any list. */
async function withoutOne(number: number, response: Response): Promise<Response> {
  const body = (await response.json()) as { data?: Lists; errors?: object[] };
  const errors = [...(body.errors ?? [])];
  for (const [path, nodes] of [
    [["repository", "open", "nodes"], body.data?.repository?.open?.nodes],
    [["nodes"], body.data?.nodes],
  ] as const)
    for (const [index, node] of (nodes ?? []).entries()) {
      if (nodes === undefined || node?.number !== number) continue;
      nodes[index] = null;
      errors.push({ message: "Something went wrong while executing your query.", path: [...path, index] });
    }
  return Response.json({ ...body, ...(errors.length > 0 && { errors }) }, { headers: response.headers });
}

type Nodes = ({ readonly number?: number } | null)[];
interface Lists {
  readonly nodes?: Nodes;
  readonly repository?: { readonly open?: { readonly nodes?: Nodes } };
}

function cut(outgoing: ServerResponse): Response {
  outgoing.socket?.destroy();
  return RESPONSE_ALREADY_SENT;
}

async function cutDuring(outgoing: ServerResponse, response: Response): Promise<Response> {
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), "content-length": body.length });
  await new Promise<void>((resolve) => outgoing.write(body.subarray(0, body.length / 2), () => resolve()));
  return cut(outgoing);
}
