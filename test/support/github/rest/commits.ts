import type { Context, Hono } from "hono";
import { isSameName } from "../../../../src/api/values/gitHubName.ts";
import {
  type Commit,
  combinedState,
  currentStatuses,
  fullName,
  type RepositoryRecord,
  type StatusState,
} from "../records.ts";
import type { State } from "../state.ts";
import type { Env } from "./app.ts";
import { jsonBody, mustWrite, optionalText } from "./body.ts";
import { page } from "./page.ts";
import { invalid, Refusal } from "./refusal.ts";
import { repositoryOf } from "./repositories.ts";
import { commitShape, repositoryShape, statusShape } from "./shapes.ts";

const statusesPerContext = 1000;
const longestDescription = 140;
const states: readonly string[] = ["pending", "success", "error", "failure"];

export function commitRoutes(app: Hono<Env>, state: State): void {
  app.get("/repos/:owner/:name/commits/:ref", (c) => {
    const repository = repositoryOf(c, state);
    return c.json(commitShape(commitOf(c, repository)));
  });

  app.get("/repos/:owner/:name/commits/:ref/statuses", (c) => {
    const repository = repositoryOf(c, state);
    return page(c, repository.statuses[commitOf(c, repository).oid] ?? [], statusShape);
  });

  app.get("/repos/:owner/:name/commits/:ref/status", (c) => {
    const repository = repositoryOf(c, state);
    const { oid: sha } = commitOf(c, repository);
    const statuses = currentStatuses(repository, sha);
    return c.json({
      sha,
      state: combinedState(statuses),
      statuses: statuses.map(statusShape),
      total_count: statuses.length,
      repository: repositoryShape(repository),
    });
  });

  app.post("/repos/:owner/:name/statuses/:ref", async (c) => {
    const repository = repositoryOf(c, state);
    mustWrite(c);
    const body = await jsonBody(c);
    const commit = c.req.param("ref");
    if (repository.commits[commit] === undefined) throw new Refusal(422, `No commit found for SHA: ${commit}`);
    const context = optionalText("Status", body, "context") ?? "default";
    const wanted = statusState(body["state"]);
    const description = optionalText("Status", body, "description");
    const targetUrl = optionalText("Status", body, "target_url");
    if (description !== null && description.length > longestDescription) {
      throw invalid("Status", "description", `description is too long (maximum is ${longestDescription} characters)`);
    }
    if (targetUrl !== null && targetUrl !== "" && !/^https?:\/\//.test(targetUrl)) {
      throw invalid("Status", "target_url", "target_url must use http(s) scheme");
    }
    const same = (repository.statuses[commit] ?? []).filter((status) => isSameName(status.context, context));
    if (same.length >= statusesPerContext) {
      throw invalid("Status", "context", "This SHA and context has reached the maximum number of statuses.");
    }
    const written = state.setStatus({
      repository: fullName(repository),
      commit,
      context,
      state: wanted,
      description,
      targetUrl,
      creator: c.var.caller.login,
    });
    return c.json(statusShape(written), 201);
  });
}

/** A commit by its id, or the tip of a branch by name. */
function commitOf(c: Context<Env>, repository: RepositoryRecord): Commit {
  const ref = c.req.param("ref") ?? "";
  const found = repository.commits[ref] ?? repository.branches[ref];
  if (found === undefined) throw new Refusal(422, `No commit found for SHA: ${ref}`);
  return found;
}

function statusState(value: unknown): StatusState {
  if (typeof value !== "string" || !states.includes(value)) {
    throw invalid("Status", "state", "state is not included in the list");
  }
  return value as StatusState;
}
