import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Request {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Response {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: object | string;
  /** The connection ends before or during the reply. */
  readonly cut?: "before" | "during";
  /** The server never replies. */
  readonly hang?: true;
}

export interface Scripted extends AsyncDisposable {
  readonly url: string;
  readonly requests: Request[];
}

/** A server on loopback with the replies of the test. */
export async function scripted(answer: (request: Request) => Response): Promise<Scripted> {
  const requests: Request[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
      requests.push(request);
      send(answer(request), outgoing);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send({ status = 200, headers = {}, body = {}, cut, hang }: Response, outgoing: ServerResponse): void {
  if (hang) return;
  if (cut === "before") return void outgoing.destroy();
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/html" : "application/json; charset=utf-8";
  outgoing.writeHead(status, { "content-type": type, ...headers });
  if (cut === undefined) return void outgoing.end(payload);
  outgoing.write(payload.slice(0, payload.length / 2), () => outgoing.destroy());
}
