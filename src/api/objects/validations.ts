import { versionLimits } from "./builder.ts";

/**
 * One rule that the API server checks beyond the schema, in its rule language (CEL). The generator writes it into
 * `x-kubernetes-validations` of the definition.
 */
export interface Validation {
  /** Field of the schema that carries the rule, such as `spec.logs`. */
  readonly path: string;
  /** CEL expression. The API server refuses the write when the expression is false. */
  readonly rule: string;
  /** Message that the API server returns to the user. */
  readonly message: string;
}

const immutable = (path: string, subject: string): Validation => ({
  path,
  rule: "self == oldSelf",
  message: `${subject} is immutable: delete the object and create another`,
});

/**
 * The rules of each kind. Rules that hold only in a cluster, such as a required image, are here alone. The other rules
 * are checked again when a pool file is read.
 */
export const validations = {
  BuilderPool: [
    {
      path: "spec",
      rule: "has(self.repository) || (has(self.checks) && self.checks.size() > 0 && self.checks.all(check, has(check.repository)))",
      message: "repository is missing: set it in spec, or in every check",
    },
    {
      path: "spec",
      rule: "has(self.image)",
      message: "image is missing: name the container image in which builds run",
    },
    {
      path: "spec",
      rule: "has(self.architecture)",
      message: "architecture is missing: name the aliBuild architecture of the image, such as slc9_x86-64",
    },
    {
      path: "spec.logs",
      rule: "!(has(self.directory) && has(self.s3))",
      message: "directory and s3 are both set: keep one of them",
    },
    {
      path: "spec",
      rule: "!has(self.cellSecrets) || self.cellSecrets.all(secret, (!has(self.github.secretRef) || secret.name != self.github.secretRef.name) && (!has(self.logs.s3) || secret.name != self.logs.s3.secretRef.name))",
      message:
        "cellSecrets names the credential of github or of logs, so builds could read it: use a separate Secret for builds",
    },
    {
      path: "spec.external",
      rule: "self.count == 0 || self.names.size() > 0",
      message: "names is empty: name the outside hosts that may join, or set count to 0",
    },
  ],
  Builder: [
    immutable("spec.pool", "the pool of a builder"),
    {
      path: "status.versions",
      rule: `self.all(name, name.size() <= ${versionLimits.key})`,
      message: `versions has a name of more than ${versionLimits.key} characters`,
    },
  ],
  Build: [
    immutable("spec.pool", "the pool of a build"),
    immutable("spec.check", "the check of a build"),
    immutable("spec.repository", "the repository of a build"),
    immutable("spec.number", "the pull request of a build"),
    {
      path: "spec.request",
      rule: "self >= oldSelf",
      message: "request may only grow",
    },
    {
      path: "status.attempt",
      rule: "self >= oldSelf",
      message: "attempt may only grow",
    },
  ],
} as const satisfies Readonly<Record<string, readonly Validation[]>>;
