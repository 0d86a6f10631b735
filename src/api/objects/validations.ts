import { addressRule, gitAddressRule, remoteStoreRule } from "../values/address.ts";
import { branchMessage, branchRule } from "../values/gitNames.ts";
import { hostNamePattern, hostNameRule } from "../values/hostName.ts";
import { leaderLease } from "../values/leaderLease.ts";
import { longestPoolName, poolNamePattern } from "../values/poolName.ts";
import { versionLimits } from "./builder.ts";

/**
 * One rule that the API server checks beyond the schema, in its rule language (CEL). The generator writes it into
 * `x-kubernetes-validations` of the definition.
 */
export interface Validation {
  /** Field of the schema that carries the rule, such as `spec.logs`. Empty for the object itself. */
  readonly path: string;
  /** CEL expression. The API server refuses the write when the expression is false. */
  readonly rule: string;
  /** Message that the API server returns to the user. */
  readonly message: string;
  /** `oldSelf` is absent when the object is created. */
  readonly optionalOldSelf?: true;
}

const immutable = (path: string, subject: string): Validation => ({
  path,
  rule: "self == oldSelf",
  message: `${subject} is immutable: delete the object and create another`,
});

/** One rule for each field with an address. The last rule reads the checks. */
const isAddress = ({ pattern }: { readonly pattern: string }, value = "self") => `${value}.matches(r'${pattern}')`;
const addresses = [
  ["spec.github.apiUrl", addressRule],
  ["spec.github.gitUrl", gitAddressRule],
  ["spec.logs.url", addressRule],
  ["spec.logs.s3.endpoint", addressRule],
  ["spec.remoteStore", remoteStoreRule],
] as const;

const poolIsStrict = "(!has(self.trust) || !has(self.trust.approvals) || self.trust.approvals == 'Strict')";
const branches = ["spec", "spec.checks[]", "spec.developmentPackages[]", "spec.checks[].developmentPackages[]"].map(
  (owner): Validation => ({ path: `${owner}.branch`, rule: branchRule, message: branchMessage }),
);

/**
 * The rules of each kind. Rules that hold only in a cluster, such as a required image, are here alone. The other rules
 * are checked again when a pool file is read.
 */
export const validations = {
  BuilderPool: [
    {
      path: "",
      // An object from before this rule can still be changed and deleted.
      rule: `oldSelf.hasValue() || self.metadata.name.matches('${poolNamePattern}')`,
      message: `the name of a pool has at most ${longestPoolName} lower-case letters, digits and dashes, and begins with a letter`,
      optionalOldSelf: true,
    },
    {
      path: "spec",
      rule: "has(self.repository) || (has(self.checks) && self.checks.size() > 0 && self.checks.all(check, has(check.repository)))",
      message: "repository is missing: set it in spec, or in every check",
    },
    {
      path: "spec",
      rule: "has(self.image) || self.instances == 0",
      message: "image is missing: name the container image in which builds run, or set instances to 0",
    },
    {
      path: "spec",
      rule: "has(self.architecture) || self.instances == 0",
      message: "architecture is missing: name the aliBuild architecture of the image, such as slc9_x86-64",
    },
    {
      path: "spec.logs",
      rule: "!(has(self.directory) && has(self.s3))",
      message: "directory and s3 are both set: keep one of them",
    },
    {
      path: "spec.logs",
      rule: "!has(self.directory)",
      message: "directory is for one machine: in a cluster the log service stores logs; remove it",
    },
    {
      path: "spec.logs",
      rule: "!has(self.url) || has(self.s3)",
      message: "url is for s3 or for one machine: set logs.publicUrl of the chart instead",
    },
    {
      path: "spec.logs",
      // The API server also applies the rule to the default of `logs`, before that object has its own defaults.
      rule: "!has(self.keep) || self.keep == '60d'",
      message: "keep is for one machine: set logs.keep of the chart, or a lifecycle rule of the bucket",
    },
    {
      path: "spec",
      rule: "!has(self.cellSecrets) || self.cellSecrets.all(secret, (!has(self.github.secretRef) || secret.name != self.github.secretRef.name) && (!has(self.logs.s3) || secret.name != self.logs.s3.secretRef.name))",
      message:
        "cellSecrets names the credential of github or of logs, so builds could read it: use a separate Secret for builds",
    },
    {
      path: "spec",
      rule: `!has(self.cellSecrets) || self.cellSecrets.size() == 0 || (has(self.checks) ? self.checks.all(check, has(check.trust) && has(check.trust.approvals) ? check.trust.approvals == 'Strict' : ${poolIsStrict}) : ${poolIsStrict})`,
      message:
        "cellSecrets requires trust.approvals: Strict in every check, or any GitHub account could start code that reads the Secrets: set Strict, or remove cellSecrets",
    },
    {
      path: "spec",
      rule: "!has(self.update.canary) || self.instances == 0 || self.update.canary.builders < self.instances + (has(self.external) ? self.external.names.size() : 0) + (has(self.update.maxSurge) ? self.update.maxSurge : (self.instances == 1 && (!has(self.external) || self.external.names.size() == 0) ? 1 : 0))",
      message:
        "update.canary.builders leaves no loud builder to compare with: lower update.canary.builders below instances and update.maxSurge together",
    },
    ...addresses.map(([path, one]) => ({ path, rule: isAddress(one), message: `expected ${one.meaning}` })),
    {
      path: "spec",
      rule: `!has(self.checks) || self.checks.all(check, !has(check.remoteStore) || ${isAddress(remoteStoreRule, "check.remoteStore")})`,
      message: `checks has a remoteStore that is not ${remoteStoreRule.meaning}`,
    },
    {
      path: "spec.fairness",
      rule: "!has(self.weights) || !has(self.by) || self.weights.all(one, (!has(one.repository) || 'Repository' in self.by) && (!has(one.check) || 'Check' in self.by) && (!has(one.author) || 'Author' in self.by))",
      message:
        "weights names a repository, check or author that by does not list: list Repository, Check or Author there",
    },
    {
      path: "spec.external.names",
      rule: `self.all(name, name.matches('${hostNamePattern}') && name != '${leaderLease}')`,
      message: `names has a name that no host can have: expected ${hostNameRule}`,
    },
    {
      path: "spec.external.names",
      rule: "self.all(name, self.exists_one(other, other == name))",
      message: "names has a host twice: a name is one builder, so give each host its own name",
    },
    ...branches,
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
