import type { ObjectMeta } from "../../../api/objects/metadata.ts";

/** An object to apply, as plain JSON. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** What the pods of every pool of an installation share. */
export interface Setting {
  /** Image of the builder, which also holds what the cell is started with. */
  readonly builderImage: string;
  /** Secrets by which images of builders and of pools are pulled. */
  readonly pullSecrets: readonly string[];
  readonly logs: {
    /** Where builders PUT logs. */
    readonly url: string;
    /** Where people open them. */
    readonly publicUrl: string;
    /** Audience of the token that the log service takes. */
    readonly audience: string;
  };
}
