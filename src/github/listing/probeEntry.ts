import { z } from "zod";

/** One pull request in GitHub's REST list of recent changes, open or closed, of any base branch. */
export const ProbeEntry = z.object({
  number: z.int(),
  node_id: z.string(),
  state: z.enum(["open", "closed"]),
  updated_at: z.string(),
  head: z.object({ sha: z.string() }),
  base: z.object({ ref: z.string() }),
});
export type ProbeEntry = z.infer<typeof ProbeEntry>;
