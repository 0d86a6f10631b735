import type { ObjectMeta } from "../../../api/objects/metadata.ts";
import type { EgressTarget } from "./egress.ts";
import type { SiteProxy } from "./siteProxy.ts";

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
  /** Proxy of the site, for git, pip, aliBuild, logs and buckets. Absent: none. */
  readonly proxy?: SiteProxy;
  /** ConfigMap with `ca.crt`, the private authorities of the site. Absent: only public authorities. */
  readonly caConfigMap?: string;
  /** Kinds of volumes that pools may add beyond `emptyDir`, `configMap` and `downwardAPI`, such as `nfs`. */
  readonly volumes?: readonly string[];
  /** Whether pods get user namespaces (`hostUsers: false`). The container runtime of every node must support them. */
  readonly userNamespaces?: boolean;
  /** Addresses that builders may reach. Absent or empty: all, except the credentials of nodes. */
  readonly egress?: readonly EgressTarget[];
}
