import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gitEnvironment } from "./commit.ts";

/**
 * Serves the bare repositories `<root>/<owner>/<name>.git` as `/<owner>/<name>[.git]` below `prefix`. Runs git's
 * smart HTTP program as CGI, read-only.
 */
export function serveGit(root: string, prefix: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://stand-in");
  const match = /^\/(?<owner>[\w.-]+)\/(?<name>[\w.-]+?)(?:\.git)?(?<rest>\/.*)$/.exec(
    url.pathname.slice(prefix.length),
  );
  const { owner, name, rest } = match?.groups ?? {};
  if (owner === undefined || name === undefined || rest === undefined || `${owner}/${name}`.includes("..")) {
    refuse(response, 404, "Repository not found.");
    return;
  }
  if (rest.includes("git-receive-pack") || url.search.includes("git-receive-pack")) {
    refuse(response, 403, "Permission to this repository was denied: the stand-in serves git for reading only.");
    return;
  }
  const child = spawn("git", ["http-backend"], {
    env: {
      ...gitEnvironment(),
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${owner}/${name}.git${rest}`,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      REMOTE_ADDR: "127.0.0.1",
      ...header(request, "content-type", "CONTENT_TYPE"),
      ...header(request, "content-length", "CONTENT_LENGTH"),
      ...header(request, "content-encoding", "HTTP_CONTENT_ENCODING"),
      ...header(request, "git-protocol", "GIT_PROTOCOL"),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  child.on("error", () => refuse(response, 500, "git could not be started."));
  response.on("close", () => child.kill());
  relay(child.stdout, response);
}

/** Converts CGI output (header lines, an empty line, the body) to an HTTP reply. Streams the body. */
function relay(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let start = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    start = Buffer.concat([start, chunk]);
    const end = start.indexOf("\r\n\r\n");
    if (end < 0) return;
    output.off("data", onData);
    for (const line of start.toString("latin1", 0, end).split("\r\n")) {
      const colon = line.indexOf(":");
      const [key, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
      if (key.toLowerCase() === "status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(key, value);
    }
    response.write(start.subarray(end + 4));
    output.pipe(response);
  };
  output.on("data", onData);
  output.on("end", () => {
    if (!response.headersSent) refuse(response, 500, "git ended without an answer.");
  });
}

function header(request: IncomingMessage, name: string, variable: string): Record<string, string> {
  const value = request.headers[name];
  return typeof value === "string" ? { [variable]: value } : {};
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`);
}
