import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../../src/system/clock.ts";
import type { Log } from "../../../src/system/log.ts";

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
  /** The connection ends before the answer, or in the middle of it. */
  readonly cut?: "before" | "during";
  /** Nothing is ever answered. */
  readonly hang?: true;
}

export interface Scripted extends AsyncDisposable {
  readonly url: string;
  readonly requests: Request[];
}

/** A server on loopback that answers what the test says. */
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

export interface TestClock extends Clock {
  /** Moves both clocks. */
  advance(ms: number): void;
  readonly slept: number[];
}

/** A clock that stands still unless told; sleeping moves it. */
export function testClock(start = Date.now()): TestClock {
  let passed = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => start + passed,
    monotonic: () => passed,
    random: () => 0,
    advance(ms) {
      passed += ms;
    },
    async sleep(ms) {
      slept.push(ms);
      passed += ms;
    },
  };
}

export interface TestLog extends Log {
  readonly lines: { readonly level: string; readonly message: string; readonly facts: object }[];
}

export function testLog(): TestLog {
  const lines: TestLog["lines"] = [];
  const write = (level: string) => (facts: object, message: string) => void lines.push({ level, message, facts });
  const log: TestLog = {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => log,
  };
  return log;
}
