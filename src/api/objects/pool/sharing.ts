import { z } from "zod";
import { Duration } from "../../values/duration.ts";

/** Rules for sharing the pull requests among the builders. */
export const Partition = z
  .object({
    strategy: z
      .enum(["Affinity", "Modulo"])
      .default("Affinity")
      .describe(
        "Affinity: a pull request returns to the builder with its warm tree. Modulo: the hash of check and commit decides, as in ali-bot.",
      ),
    patience: Duration.default("10m").describe(
      "Time that a pull request waits for its preferred builder. After it any idle builder may build it.",
    ),
  })
  .strict();

/** Rules that keep one repository, check or author from taking all builders while others wait. */
export const Fairness = z
  .object({
    by: z
      .array(z.enum(["Repository", "Check", "Author"]))
      .max(3)
      .default(["Repository", "Check"])
      .describe(
        "Properties that put builds into groups. While several groups wait, they take turns. Empty: the waiting time alone decides.",
      ),
    weights: z
      .array(
        z
          .object({
            repository: z
              .string()
              .max(140)
              .optional()
              .describe("Repository, `owner/name`. Requires `Repository` in `by`."),
            check: z.string().max(200).optional().describe("Check name. Requires `Check` in `by`."),
            author: z.string().max(100).optional().describe("Login of the author. Requires `Author` in `by`."),
            weight: z.int().min(1).max(100).describe("Turns of each such group for one turn of a group of weight 1."),
          })
          .strict(),
      )
      .max(100)
      .default([])
      .describe("Groups with more than one turn. The first entry counts that names no other group. Default: weight 1."),
  })
  .strict()
  .refine(({ by, weights }) => weights.every((entry) => namesOnly(entry, by)), {
    error: "weights names a repository, check or author that by does not list: list Repository, Check or Author there",
  });

/** Whether a weight names nothing that `by` does not list. */
function namesOnly(
  entry: {
    readonly repository?: string | undefined;
    readonly check?: string | undefined;
    readonly author?: string | undefined;
  },
  by: readonly ("Repository" | "Check" | "Author")[],
): boolean {
  return (
    (entry.repository === undefined || by.includes("Repository")) &&
    (entry.check === undefined || by.includes("Check")) &&
    (entry.author === undefined || by.includes("Author"))
  );
}
