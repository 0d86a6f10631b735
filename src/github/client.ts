import type { GitHub } from "./github.ts";
import { createTransport, type World } from "./http/transport.ts";
import { createList } from "./listing/list.ts";
import { upsertComment } from "./write/comment.ts";
import { setStatus } from "./write/status.ts";
import { createIsViewer } from "./write/viewer.ts";

/** A GitHub connection. Reads are conditional and cached. Writes first read the current state, and never retry. */
export function createGitHub(world: World): GitHub {
  const transport = createTransport(world);
  const isViewer = createIsViewer(transport);
  return {
    list: createList(transport, world.log),
    setStatus: (status, signal) => setStatus(transport, status, signal),
    upsertComment: (comment, signal) => upsertComment(transport, isViewer, comment, signal),
    budgets: () => transport.budgets.all(),
  };
}
