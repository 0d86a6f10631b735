import { z } from "zod";
import { Duration } from "../../values/duration.ts";
import { Disagreement } from "../comparison.ts";

/** A number of builders, or a percentage of `instances`. */
const amountOrShare = z.union([
  z.int().min(0).max(1000),
  z.string().regex(/^(100|[0-9]{1,2})%$/, {
    error: (issue) => `expected a number of builders or a share such as 25%, found ${JSON.stringify(issue.input)}`,
  }),
]);

/** Rules of the trial of a new revision. */
export const Canary = z
  .object({
    builders: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe(
        "Builders that try the new revision. Surge builders come first, then the highest ordinals. `maxUnavailable` and `maxSurge` limit how many run at once.",
      ),
    agree: z
      .int()
      .min(1)
      .max(200)
      .default(20)
      .describe(
        "Verdicts that must agree with loud verdicts on the same commit. Only builds with a success or a failure count.",
      ),
    timeout: Duration.default("12h").describe(
      "Longest wait for enough verdicts, from the first ready canary. After it the rollout stops until enough verdicts agree.",
    ),
  })
  .strict();

/** Rules of a rollout. */
export const Update = z
  .object({
    maxUnavailable: amountOrShare
      .default("25%")
      .describe(
        "Builders that may be out of service at once because of updates, restarts and scale-downs. At least one.",
      ),
    maxSurge: z
      .int()
      .min(0)
      .max(1000)
      .optional()
      .describe("Extra builders during an update. Default: 1 when instances is 1, otherwise 0."),
    drainTimeout: Duration.default("4h").describe("Time for a draining builder to finish its running build."),
    paused: z.boolean().default(false).describe("Start no further step of an update."),
    onStall: z
      .enum(["Pause", "Rollback"])
      .default("Pause")
      .describe(
        "Reaction when a new builder does not become ready, or a canary disagrees. Pause: wait for a person. Rollback: return to the previous revision.",
      ),
    canary: Canary.optional().describe(
      "Trial of a new revision before the rollout. The first updated builders build shadows until enough verdicts agree. Without it, updated builders publish at once. Begins with the next revision. No effect in a silent pool.",
    ),
  })
  .strict();

/** Phases of the trial of a revision, with their meaning. */
export const canaryPhases = ["Testing", "Passed", "Disagreed"] as const;

/** The trial of a revision, so far. The only memory of a canary rollout. */
export const CanaryStatus = z.object({
  revision: z.string().max(100).describe("Revision on trial."),
  phase: z
    .enum(canaryPhases)
    .describe(
      "Testing: its builders build shadows. Passed: enough verdicts agree, and the rollout continues. Disagreed: a disagreement was confirmed.",
    ),
  loudRevisions: z
    .array(z.string().max(100))
    .max(32)
    .describe("Revisions whose builders publish. Builders of other revisions are silent."),
  since: z.iso.datetime().optional().describe("Time of the first ready canary. `timeout` starts here."),
  agreed: z
    .array(z.string().max(300))
    .max(200)
    .describe("Agreeing verdicts, each as the name of the Build, `@` and the beginning of the commit."),
  disagreements: z
    .array(Disagreement)
    .max(10)
    .optional()
    .describe("Confirmed disagreements: the loud side was built once more with the same result."),
});
export type CanaryStatus = z.infer<typeof CanaryStatus>;
