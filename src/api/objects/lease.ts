import { z } from "zod";
import { ObjectMeta } from "./metadata.ts";

/**
 * The fields of Kubernetes' Lease that builderpool uses. Each builder has one Lease (heartbeat), and the leader
 * election of the operator has one.
 */
export const Lease = z.object({
  apiVersion: z.literal("coordination.k8s.io/v1"),
  kind: z.literal("Lease"),
  metadata: ObjectMeta,
  spec: z.object({
    holderIdentity: z.string().optional().describe("Holder of the lease: an incarnation."),
    leaseDurationSeconds: z.int().optional().describe("Duration of the lease in seconds."),
    acquireTime: z.string().optional().describe("Time when the holder acquired the lease."),
    renewTime: z
      .string()
      .optional()
      .describe(
        "Time of the last renewal, by the holder's clock. Observers detect a change; they never compare it with their own clock.",
      ),
    leaseTransitions: z.int().optional().describe("Number of holder changes."),
  }),
});
export type Lease = z.infer<typeof Lease>;
