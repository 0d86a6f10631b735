import type { Hono } from "hono";
import { fullName } from "../records.ts";
import type { State } from "../state.ts";
import type { Env } from "./app.ts";
import { jsonBody, mustWrite, optionalText } from "./body.ts";
import { page } from "./page.ts";
import { invalid, notFound } from "./refusal.ts";
import { pullOf, repositoryOf } from "./repositories.ts";
import { commentShape } from "./shapes.ts";

const longestComment = 65_536;

export function commentRoutes(app: Hono<Env>, state: State): void {
  app.get("/repos/:owner/:name/issues/:number/comments", (c) =>
    page(c, pullOf(c, repositoryOf(c, state)).comments, commentShape),
  );

  app.post("/repos/:owner/:name/issues/:number/comments", async (c) => {
    const repository = repositoryOf(c, state);
    const { number } = pullOf(c, repository);
    mustWrite(c);
    const body = commentBody(await jsonBody(c));
    const created = state.comment({ repository: fullName(repository), number, author: c.var.caller.login, body });
    return c.json(commentShape(created), 201);
  });

  app.patch("/repos/:owner/:name/issues/comments/:id", async (c) => {
    const repository = repositoryOf(c, state);
    mustWrite(c);
    const body = commentBody(await jsonBody(c));
    const edited = state.editComment(fullName(repository), Number(c.req.param("id")), body, c.var.caller.login);
    if (edited === undefined) throw notFound();
    return c.json(commentShape(edited));
  });
}

function commentBody(json: Record<string, unknown>): string {
  const body = optionalText("IssueComment", json, "body");
  if (body === null || body.trim() === "") throw invalid("IssueComment", "body", "body is missing");
  if (body.length > longestComment) {
    throw invalid("IssueComment", "body", `body is too long (maximum is ${longestComment} characters)`);
  }
  return body;
}
