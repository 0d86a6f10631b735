import type { Stats } from "node:fs";
import { open, readdir, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { Readable } from "node:stream";
import { type Context, Hono } from "hono";
import { successorOf } from "../../core/report/log/paths.ts";
import { decodePath } from "../path.ts";
import { listingPage } from "./listing.ts";
import { requestedRange } from "./range.ts";

/** Content types as on ALICE's log server. All other files are plain text. */
const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".root": "application/octet-stream",
  ".png": "image/png",
  ".json": "application/json",
};

/**
 * Code of pull requests made all served files. A page may have any look. It may not run scripts, load anything from
 * elsewhere, send forms or appear in a frame. Browsers may not guess the content type.
 */
const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-popups",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  // A rebuild overwrites the file at an address.
  "Cache-Control": "no-cache",
};

/**
 * Serves log directories read-only: files, byte ranges of files and directory listings. The first directory with a path
 * answers.
 */
export function createLogServer(directories: string | (() => readonly string[])): Hono {
  const app = new Hono();
  app.all("*", async (c) => {
    for (const [name, value] of Object.entries(securityHeaders)) c.header(name, value);
    if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      c.header("Allow", "GET, HEAD");
      return c.text(`${c.req.method} is not allowed here: logs are read-only\n`, 405);
    }
    for (const directory of typeof directories === "string" ? [directories] : directories()) {
      const response = await responseTo(c, directory);
      if (response !== undefined) return response;
    }
    return notFound(c);
  });
  return app;
}

async function responseTo(c: Context, root: string): Promise<Response | undefined> {
  const { pathname } = new URL(c.req.url);
  const parts = decodePath(pathname.replace(/^\/+|\/+$/g, ""));
  if (parts === undefined) return undefined;
  const path = await pathInside(root, parts);
  const file = path === undefined ? undefined : await open(path, "r").catch(() => undefined);
  if (path === undefined || file === undefined) return await successor(c, root, parts);
  const facts = await file.stat();
  if (facts.isFile() && !pathname.endsWith("/")) return fileResponse(c, path, facts, file);
  await file.close();
  if (!facts.isDirectory()) return undefined;
  if (pathname.endsWith("/")) return c.html(await listingPage(path, parts));
  return c.redirect(`./${encodeURIComponent(parts.at(-1) ?? "")}/`, 301);
}

/**
 * Redirects the former address of a log to its present one, so that links in old comments and scripts still work. A path
 * has owner, repository, pull request and commit before the directory of the check.
 */
async function successor(c: Context, root: string, parts: readonly string[]): Promise<Response | undefined> {
  const above = parts.slice(0, 4);
  const [check = "", ...rest] = parts.slice(4);
  const folder = check === "" ? undefined : await pathInside(root, above);
  const entries = folder === undefined ? [] : await readdir(folder).catch(() => []);
  const present = successorOf(check, entries);
  if (present === undefined) return undefined;
  const isFolder = new URL(c.req.url).pathname.endsWith("/");
  const address = [present, ...rest].map(encodeURIComponent).join("/");
  // Relative, because a proxy may serve the logs below a folder.
  return c.redirect(`${"../".repeat(rest.length + Number(isFolder))}${address}${isFolder ? "/" : ""}`, 302);
}

/** The real path below the root; undefined if it does not exist or a symbolic link leaves the log directory. */
async function pathInside(root: string, parts: readonly string[]): Promise<string | undefined> {
  try {
    const [base, path] = await Promise.all([realpath(root), realpath(join(root, ...parts))]);
    return path === base || path.startsWith(base + sep) ? path : undefined;
  } catch {
    return undefined;
  }
}

async function fileResponse(
  c: Context,
  path: string,
  facts: Stats,
  file: Awaited<ReturnType<typeof open>>,
): Promise<Response> {
  const tag = `"${facts.size.toString(36)}-${facts.mtimeMs.toString(36)}"`;
  const ifRange = c.req.header("If-Range");
  const range =
    ifRange === undefined || ifRange === tag ? requestedRange(c.req.header("Range"), facts.size) : undefined;
  c.header("Content-Type", contentTypes[extname(path)] ?? "text/plain; charset=utf-8");
  c.header("Content-Disposition", "inline");
  c.header("Accept-Ranges", "bytes");
  c.header("ETag", tag);
  c.header("Last-Modified", facts.mtime.toUTCString());

  const empty = async (status: 200 | 206 | 304 | 416) => {
    await file.close();
    return c.body(null, status);
  };
  if (c.req.header("If-None-Match") === tag) return await empty(304);
  if (range === "unsatisfiable") {
    c.header("Content-Range", `bytes */${facts.size}`);
    return await empty(416);
  }
  const { start, end } = range ?? { start: 0, end: facts.size - 1 };
  const status = range === undefined ? 200 : 206;
  if (range !== undefined) c.header("Content-Range", `bytes ${start}-${end}/${facts.size}`);
  c.header("Content-Length", String(end - start + 1));
  if (c.req.method === "HEAD" || facts.size === 0) return await empty(status);
  // From here on the stream owns the file. It closes the file even if the reader disconnects.
  return c.body(Readable.toWeb(file.createReadStream({ start, end })) as ReadableStream<Uint8Array>, status);
}

function notFound(c: Context): Response {
  return c.text("No log is stored at this address: the log was never written, or has expired\n", 404);
}
