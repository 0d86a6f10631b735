import { z } from "zod";

export const OwnerReference = z.object({
  apiVersion: z.string().describe("API version of the owner"),
  kind: z.string().describe("Kind of the owner"),
  name: z.string().describe("Name of the owner"),
  uid: z.string().describe("UID of the owner: an object of the same name created later is not the owner"),
  controller: z.boolean().optional().describe("Whether the owner is the managing controller"),
  blockOwnerDeletion: z.boolean().optional().describe("Whether foreground deletion of the owner waits for this object"),
});
export type OwnerReference = z.infer<typeof OwnerReference>;

/** The part of Kubernetes' ObjectMeta we read; an unknown key is kept by the store and ignored by us. */
export const ObjectMeta = z.object({
  name: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, {
      error: (issue) =>
        `expected a name of lower-case letters, digits and dashes, found ${JSON.stringify(issue.input)}`,
    })
    .describe("Name, unique for its kind in the namespace"),
  namespace: z.string().optional().describe("Namespace; `default` on one machine"),
  uid: z.string().optional().describe("Set by the store; tells an object from a later one of the same name"),
  resourceVersion: z.string().optional().describe("Set by the store; changes with every write; opaque"),
  generation: z.int().optional().describe("Set by the store; grows with every change of the spec"),
  creationTimestamp: z.string().optional().describe("Set by the store"),
  deletionTimestamp: z.string().optional().describe("Set by the store when a deletion waits for finalizers"),
  labels: z.record(z.string(), z.string()).optional().describe("Labels"),
  annotations: z.record(z.string(), z.string()).optional().describe("Annotations"),
  ownerReferences: z.array(OwnerReference).optional().describe("Objects whose deletion deletes this one"),
  finalizers: z.array(z.string()).optional().describe("What must happen before a deletion completes"),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** Metadata as the store returns it: the fields it sets are there. */
export type StoredMeta = ObjectMeta & {
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
};

/** A Kubernetes condition. */
export const Condition = z.object({
  type: z.string().max(64).describe("What is said"),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds; Unknown when it could not be observed"),
  reason: z.string().max(64).describe("One word, for machines"),
  message: z.string().max(2048).describe("One sentence, for people: what is the matter and what to do"),
  lastTransitionTime: z.iso.datetime().describe("When status last changed"),
  observedGeneration: z.int().optional().describe("Generation of the spec this was seen for"),
});
export type Condition = z.infer<typeof Condition>;
