import type { Hono } from "hono";
import type { Env, Hub } from "./app.ts";
import { Refusal } from "./refusal.ts";
import { iso } from "./shapes.ts";

/** Creates an installation token for an App with a signed JWT. */
export function appRoutes(app: Hono<Env>, { accounts }: Hub): void {
  app.post("/app/installations/:id/access_tokens", (c) => {
    const answer = accounts.installationToken(Number(c.req.param("id")), c.req.header("authorization"));
    if ("status" in answer) throw new Refusal(answer.status, answer.message);
    return c.json(
      {
        token: answer.token,
        expires_at: iso(answer.expiresAt),
        permissions: { contents: "read", issues: "write", members: "read", pull_requests: "write", statuses: "write" },
        repository_selection: "all",
      },
      201,
    );
  });
}
