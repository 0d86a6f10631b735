import { upsertComment } from "./comment.ts";
import type { GitHub } from "./github.ts";
import { createList, type Freshness } from "./list.ts";
import { setStatus } from "./status.ts";
import { createTransport, type World } from "./transport.ts";

export interface GitHubOptions extends World {
  /** How old an unchanged listing may become; 150 s for statuses and an hour for the rest when absent. */
  readonly freshness?: Partial<Freshness>;
}

/** The one GitHub of a process. Reads are conditional and cached, writes look before they leap, nothing retries a write. */
export function createGitHub({ freshness, ...world }: GitHubOptions): GitHub {
  const transport = createTransport(world);
  return {
    list: createList(transport, {
      clock: world.clock,
      log: world.log,
      freshness: { statuses: 150_000, complete: 3_600_000, ...freshness },
    }),
    setStatus: (status, signal) => setStatus(transport, status, signal),
    upsertComment: (comment, signal) => upsertComment(transport, comment, signal),
    budgets: () => transport.budgets.all(),
  };
}
