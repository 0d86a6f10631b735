import type { Context, Hono } from "hono";
import type { PullRequestRecord, RepositoryRecord } from "../records.ts";
import type { State } from "../state.ts";
import type { Env } from "./app.ts";
import { page } from "./page.ts";
import { notFound, Refusal } from "./refusal.ts";
import { pullShape, repositoryShape, reviewShape, user } from "./shapes.ts";

export function repositoryRoutes(app: Hono<Env>, state: State): void {
  app.get("/repos/:owner/:name", (c) => c.json(repositoryShape(repositoryOf(c, state))));

  app.get("/repos/:owner/:name/pulls", (c) => {
    const repository = repositoryOf(c, state);
    return page(c, selectPulls(c, Object.values(repository.pulls)), (pull) => pullShape(repository, pull));
  });

  app.get("/repos/:owner/:name/pulls/:number", (c) => {
    const repository = repositoryOf(c, state);
    return c.json(pullShape(repository, pullOf(c, repository)));
  });

  app.get("/repos/:owner/:name/pulls/:number/reviews", (c) =>
    page(c, pullOf(c, repositoryOf(c, state)).reviews, reviewShape),
  );

  app.get("/orgs/:organization/teams/:team/members", (c) => {
    if (c.var.caller.anonymous) throw new Refusal(401, "Requires authentication");
    const members = state.records.teams[c.req.param("organization")]?.[c.req.param("team")];
    if (members === undefined) throw notFound();
    return page(c, members, user);
  });
}

/** The repository in the path, or GitHub's 404. */
export function repositoryOf(c: Context<Env>, state: State): RepositoryRecord {
  const found = state.findRepository(`${c.req.param("owner")}/${c.req.param("name")}`);
  if (found === undefined) throw notFound();
  return found;
}

/** The pull request in the path, or GitHub's 404. */
export function pullOf(c: Context<Env>, repository: RepositoryRecord): PullRequestRecord {
  const found = repository.pulls[c.req.param("number") ?? ""];
  if (found === undefined) throw notFound();
  return found;
}

function selectPulls(c: Context<Env>, pulls: readonly PullRequestRecord[]): PullRequestRecord[] {
  const { state = "open", base, sort = "created" } = c.req.query();
  const descending = (c.req.query("direction") ?? (sort === "created" ? "desc" : "asc")) === "desc";
  const order = (pull: PullRequestRecord) => (sort === "updated" ? pull.updatedAt : pull.createdAt);
  return pulls
    .filter((pull) => state === "all" || (pull.state === "OPEN") === (state === "open"))
    .filter((pull) => base === undefined || pull.base === base)
    .sort((a, b) => (order(a) - order(b) || a.number - b.number) * (descending ? -1 : 1));
}
