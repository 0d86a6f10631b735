/**
 * Rules that the API server checks beyond the schema, in its own language (CEL). They become `x-kubernetes-validations` of the generated
 * definitions, at the field `path` names. What holds only in a cluster stands here alone; the rest is checked where a pool is read as well.
 */
export interface Validation {
  readonly path: string;
  readonly rule: string;
  /** What a person is told. */
  readonly message: string;
}

const never = (path: string, what: string): Validation => ({
  path,
  rule: "self == oldSelf",
  message: `${what} never changes: delete the object and create another`,
});

export const validations = {
  BuilderPool: [
    {
      path: "spec",
      rule: "has(self.repository) || (has(self.checks) && self.checks.size() > 0 && self.checks.all(check, has(check.repository)))",
      message: "repository is missing: give it in spec, or in every check",
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
      message: "names both a directory and a bucket: keep one of them",
    },
    {
      path: "spec",
      rule: "!has(self.cellSecrets) || self.cellSecrets.all(secret, (!has(self.github.secretRef) || secret.name != self.github.secretRef.name) && (!has(self.logs.s3) || secret.name != self.logs.s3.secretRef.name))",
      message:
        "cellSecrets names the credential of github or of logs: builds could read it; put what they need into a Secret of its own",
    },
    {
      path: "spec.external",
      rule: "self.count == 0 || self.names.size() > 0",
      message: "names is empty: name the outside hosts that may join, or set count to 0",
    },
  ],
  Builder: [never("spec.pool", "the pool of a builder")],
  Build: [
    never("spec.pool", "the pool of a build"),
    never("spec.check", "the check of a build"),
    never("spec.repository", "the repository of a build"),
    never("spec.number", "the pull request of a build"),
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
