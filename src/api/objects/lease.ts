import { z } from "zod";
import { ObjectMeta } from "./metadata.ts";

/** Kubernetes' own Lease, the fields we use. One per builder (heartbeat) and one for the operator's leader election. */
export const Lease = z.object({
  apiVersion: z.literal("coordination.k8s.io/v1"),
  kind: z.literal("Lease"),
  metadata: ObjectMeta,
  spec: z.object({
    holderIdentity: z.string().optional().describe("Who holds it: the incarnation"),
    leaseDurationSeconds: z.int().optional().describe("Seconds it lasts"),
    acquireTime: z.string().optional().describe("When it was taken"),
    renewTime: z
      .string()
      .optional()
      .describe("When it was last renewed, by the holder's clock: seen to change, never compared"),
    leaseTransitions: z.int().optional().describe("How often the holder changed"),
  }),
});
export type Lease = z.infer<typeof Lease>;
