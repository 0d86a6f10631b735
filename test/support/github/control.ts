import { Hono } from "hono";
import { z } from "zod";
import type { Faults } from "./faults.ts";
import { NewAssociation } from "./inputs.ts";
import { setAssociation } from "./records.ts";
import type { Hub } from "./rest/app.ts";

const Spend = z.object({
  resource: z.enum(["core", "graphql"]),
  remaining: z.int().default(0),
  resetInMs: z.number().default(3_600_000),
});

/**
 * The control interface over HTTP, for a stand-in in its own process: `POST /_control/<verb>` with the verb's JSON.
 * Example: `curl -d '{"repository":"alice/hello","number":3}' …/_control/merge`.
 */
export function controlApi(hub: Hub, faults: Faults, requests: () => readonly object[]): Hono {
  const { state, budgets, accounts } = hub;
  const verbs: Readonly<Record<string, (input: never) => unknown>> = {
    createRepository: state.createRepository.bind(state),
    openPullRequest: state.openPullRequest.bind(state),
    push: state.push.bind(state),
    pushBranch: state.pushBranch.bind(state),
    edit: state.edit.bind(state),
    review: state.review.bind(state),
    associate: (input: unknown) => {
      const { repository, login, association } = NewAssociation.parse(input);
      setAssociation(state.repository(repository), login, association);
    },
    close: state.close.bind(state),
    reopen: state.reopen.bind(state),
    merge: state.merge.bind(state),
    loseHead: state.loseHead.bind(state),
    setStatus: state.setStatus.bind(state),
    comment: state.comment.bind(state),
    setTeam: state.setTeam.bind(state),
    fault: faults.add.bind(faults),
    clearFaults: faults.clear.bind(faults),
    leaveBudget: (input: unknown) => {
      const { resource, remaining, resetInMs } = Spend.parse(input);
      budgets.leave(resource, remaining, resetInMs);
    },
    revoke: ({ token }: { token: string }) => accounts.revoke(token),
  };
  const app = new Hono();
  app.get("/_control/records", (c) => c.json(state.records));
  app.get("/_control/writes", (c) => c.json(state.writes));
  app.get("/_control/requests", (c) => c.json(requests()));
  app.post("/_control/:verb", async (c) => {
    const verb = verbs[c.req.param("verb")];
    if (verb === undefined) return c.json({ message: `no such verb; there are ${Object.keys(verbs).join(", ")}` }, 404);
    const input: unknown = JSON.parse((await c.req.text()) || "{}");
    return c.json({ result: (await verb(input as never)) ?? null });
  });
  app.onError((error, c) => c.json({ message: error.message }, 400));
  return app;
}
