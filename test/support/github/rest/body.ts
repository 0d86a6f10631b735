import type { Context } from "hono";
import type { Env } from "./app.ts";
import { invalid, notFound, Refusal } from "./refusal.ts";

/** The JSON body of a write, or GitHub's 400. */
export async function jsonBody(c: Context<Env>): Promise<Record<string, unknown>> {
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new Refusal(400, "Problems parsing JSON");
}

/** Null when absent. */
export function optionalText(resource: string, body: Record<string, unknown>, field: string): string | null {
  const value = body[field] ?? null;
  if (value !== null && typeof value !== "string") throw invalid(resource, field, `${field} is not a string`);
  return value;
}

/** Refuses callers without write access, as GitHub does. */
export function mustWrite(c: Context<Env>): void {
  if (c.var.caller.anonymous) throw new Refusal(401, "Requires authentication");
  if (c.var.caller.mayWrite) return;
  // GitHub replies 404 to a write with a classic token that may only read.
  throw c.var.caller.scopes === undefined
    ? new Refusal(403, "Resource not accessible by personal access token")
    : notFound();
}
