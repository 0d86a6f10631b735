import { z } from "zod";

/** Reference to the owner of an object. Kubernetes deletes the object with its owner. */
export const OwnerReference = z.object({
  apiVersion: z.string().describe("API version of the owner."),
  kind: z.string().describe("Kind of the owner."),
  name: z.string().describe("Name of the owner."),
  uid: z.string().describe("UID of the owner. A later object with the same name is not the owner."),
  controller: z.boolean().optional().describe("Whether the owner is the managing controller."),
  blockOwnerDeletion: z
    .boolean()
    .optional()
    .describe("Whether foreground deletion of the owner waits for this object."),
});
export type OwnerReference = z.infer<typeof OwnerReference>;

/**
 * The fields of Kubernetes' ObjectMeta that builderpool reads. The store keeps unknown fields. builderpool ignores
 * them.
 */
export const ObjectMeta = z.object({
  name: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, {
      error: (issue) =>
        `expected a name of lower-case letters, digits and dashes, found ${JSON.stringify(issue.input)}`,
    })
    .describe("Name, unique for the kind in the namespace."),
  namespace: z.string().optional().describe("Namespace; `default` on one machine."),
  uid: z
    .string()
    .optional()
    .describe("Set by the store. Differs between an object and a later object with the same name."),
  resourceVersion: z.string().optional().describe("Set by the store. Opaque. Changes with every write."),
  generation: z.int().optional().describe("Set by the store. Grows with every change of the spec."),
  creationTimestamp: z.string().optional().describe("Set by the store."),
  deletionTimestamp: z.string().optional().describe("Set by the store when a deletion waits for finalizers."),
  labels: z.record(z.string(), z.string()).optional().describe("Labels."),
  annotations: z.record(z.string(), z.string()).optional().describe("Annotations."),
  ownerReferences: z.array(OwnerReference).optional().describe("Owners. The object is deleted with them."),
  finalizers: z.array(z.string()).optional().describe("Finalizers that must be removed before the deletion completes."),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** Metadata as the store returns it, with every field that the store sets. */
export type StoredMeta = ObjectMeta & {
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
};

/** A Kubernetes condition. */
export const Condition = z.object({
  type: z.string().max(64).describe("Type of the condition."),
  status: z
    .enum(["True", "False", "Unknown"])
    .describe("Status of the condition. Unknown when it could not be observed."),
  reason: z.string().max(64).describe("Reason, one word for machines."),
  message: z.string().max(2048).describe("One sentence for people: the problem and the next step."),
  lastTransitionTime: z.iso.datetime().describe("Time of the last change of status."),
  observedGeneration: z.int().optional().describe("Generation of the observed spec."),
});
export type Condition = z.infer<typeof Condition>;
