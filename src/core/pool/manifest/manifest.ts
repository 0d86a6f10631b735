import type { ObjectMeta } from "../../../api/objects/metadata.ts";
import type { EgressTarget } from "./egress.ts";

/** An object to apply, as plain JSON. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** Settings that the pods of all pools of an installation share. */
export interface Setting {
  /** Image of the builder, which also contains the capsule. */
  readonly builderImage: string;
  /** Secrets to pull the images of the builder and of pools. */
  readonly pullSecrets: readonly string[];
  readonly logs: {
    /** Target of the builders' PUT requests. */
    readonly url: string;
    /** Address for people. */
    readonly publicUrl: string;
    /** Audience of the tokens that the log service accepts. */
    readonly audience: string;
    /** ConfigMap with `ca.crt`, the authority of the log service's certificate. Absent: only public authorities. */
    readonly caConfigMap?: string;
  };
  /** Addresses that builders may reach. Absent or empty: all, except the credentials of nodes. */
  readonly egress?: readonly EgressTarget[];
}
