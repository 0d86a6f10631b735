import { apiVersion } from "../../api/objects/group.ts";
import type { Kind } from "../../api/objects/kinds.ts";
import type { Resource } from "./client.ts";

/** API paths of the kinds in the object store. */
export const resources = {
  BuilderPool: { apiVersion, kind: "BuilderPool", plural: "builderpools" },
  Builder: { apiVersion, kind: "Builder", plural: "builders" },
  Build: { apiVersion, kind: "Build", plural: "builds" },
  Lease: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", plural: "leases" },
} as const satisfies Record<Kind, Resource>;
