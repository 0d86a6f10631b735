import { z } from "zod";
import { checkDefaults, withDefault } from "./checkDefaults.ts";

/** Rules for building a pull request without approval, and for the reviews that count as approval. */
export const Trust = z
  .object({
    collaborators: z
      .boolean()
      .optional()
      .describe(
        withDefault(
          "Also build pull requests of past contributors (GitHub association CONTRIBUTOR) without approval.",
          checkDefaults.trust.collaborators,
        ),
      ),
    users: z
      .array(z.string().min(1).max(100))
      .max(200)
      .optional()
      .describe(
        withDefault(
          "Trusted GitHub logins, in any case. Their pull requests are built without approval. A bot is named `x` or `x[bot]`.",
          checkDefaults.trust.users,
        ),
      ),
    team: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9_-]+$/, {
        error: ({ input }) =>
          `expected the slug of a team without its organisation, such as o2-experts, found ${JSON.stringify(input)}`,
      })
      .optional()
      .describe(
        "Slug of a team in the organisation of the repository. Pull requests of its members are built without approval. Default: none.",
      ),
    approvals: z
      .enum(["AnyCommit", "HeadCommit", "Strict"])
      .optional()
      .describe(
        withDefault(
          "Approving reviews that count, each as the latest opinion of its reviewer. Strict: of the head commit, by an OWNER, MEMBER or COLLABORATOR. HeadCommit: of the head commit, by any user. AnyCommit: of any commit, by any user, as ali-bot did.",
          checkDefaults.trust.approvals,
        ),
      ),
  })
  .strict();
