import { z } from "zod";

/**
 * A fault of one request. `cutBefore`: the connection ends before the request is applied. `cutAfter`: the request is
 * applied, and the reply is lost. `cutDuring`: half of the reply arrives. `graphqlErrors`: a 200 with errors, with or
 * without data. `unreadable`: GraphQL returns null and an error for one pull request. Other kinds replace the reply.
 */
export const Fault = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("status"), status: z.int().min(400).max(599) }).strict(),
  z.object({ kind: z.literal("retryAfter"), status: z.int().default(403), seconds: z.number().default(1) }).strict(),
  z.object({ kind: z.literal("secondaryLimit"), seconds: z.number().default(60) }).strict(),
  z
    .object({ kind: z.literal("graphqlErrors"), keepData: z.boolean().default(false), type: z.string().optional() })
    .strict(),
  z.object({ kind: z.literal("unreadable"), number: z.int() }).strict(),
  z.object({ kind: z.literal("malformed") }).strict(),
  z.object({ kind: z.literal("hang") }).strict(),
  z.object({ kind: z.literal("cutBefore") }).strict(),
  z.object({ kind: z.literal("cutDuring") }).strict(),
  z.object({ kind: z.literal("cutAfter") }).strict(),
  z.object({ kind: z.literal("slow"), ms: z.number() }).strict(),
]);
export type Fault = z.infer<typeof Fault>;

export const FaultRule = z
  .object({
    on: z
      .string()
      .default("*")
      .describe("Method and path, `*` for any text: `POST */statuses/*`, `* /git/*`, `POST /graphql`"),
    times: z.int().min(1).optional().describe("Number of affected requests; without it, all until cleared"),
    skip: z.int().min(0).default(0).describe("Number of matching requests to pass first"),
    fault: Fault,
  })
  .strict();

/** The active faults in the order of their addition. The first match applies to a request. */
export class Faults {
  #rules: { pattern: RegExp; left: number; skip: number; fault: Fault }[] = [];

  add(rule: z.input<typeof FaultRule>): void {
    const { on, times = Number.POSITIVE_INFINITY, skip, fault } = FaultRule.parse(rule);
    const pattern = new RegExp(`^${on.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
    this.#rules.push({ pattern, left: times, skip, fault });
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault for this request, or undefined. Counts the request. `request` is `METHOD /path`. */
  take(request: string): Fault | undefined {
    for (const rule of this.#rules) {
      if (rule.left <= 0 || !rule.pattern.test(request)) continue;
      if (rule.skip > 0) {
        rule.skip -= 1;
        continue;
      }
      rule.left -= 1;
      return rule.fault;
    }
    return undefined;
  }
}
