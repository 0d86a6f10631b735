import { apiVersion, group } from "../../api/objects/group.ts";
import type { Manifest } from "../pool/manifest/manifest.ts";
import { type AdmissionRules, admissionRules, variables } from "./admissionRules.ts";
import { logLinkRules } from "./logLinkRules.ts";

/** The parts of an installation that its admission policies name. */
export interface AdmissionOptions {
  /** Prefix of the policies' names. Policies are cluster-wide, so the prefix must be unique to the installation. */
  readonly name: string;
  readonly namespace: string;
  /** Public address of the log service, without a final slash. */
  readonly logsUrl: string;
}

/**
 * The admission policies, each with its binding, that limit the writes of builders to their own objects. The pod of the
 * builder's token identifies the builder.
 */
export function admissionPoliciesOf({ name, namespace, logsUrl }: AdmissionOptions): readonly Manifest[] {
  return [...admissionRules, logLinkRules(logsUrl)].flatMap((rules) => [
    policyOf(`${name}-${rules.kind}`, rules),
    bindingOf(`${name}-${rules.kind}`, namespace, rules),
  ]);
}

function policyOf(
  name: string,
  { apiGroup, resource, variables: own = [], rules, forEachPool = false }: AdmissionRules,
): Manifest {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      ...(forEachPool && { paramKind: { apiVersion, kind: "BuilderPool" } }),
      matchConstraints: {
        resourceRules: [
          { apiGroups: [apiGroup], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources: [resource] },
        ],
      },
      matchConditions,
      variables: [...variables, ...own].map(([variable, expression]) => ({ name: variable, expression })),
      validations: rules.map(({ holds, message }) => ({ expression: holds, message, reason: "Forbidden" })),
    },
  };
}

function bindingOf(name: string, namespace: string, { forEachPool = false }: AdmissionRules): Manifest {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: {
      policyName: name,
      // Without a pool nobody publishes a verdict. A deleted pool must not block the operator's writes.
      ...(forEachPool && { paramRef: { selector: {}, parameterNotFoundAction: "Allow" } }),
      validationActions: ["Deny"],
      matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
    },
  };
}

const may = (verb: string, resource: string, subresource = "") =>
  `authorizer.group('${group}').resource('${resource}')${subresource && `.subresource('${subresource}')`}` +
  `.namespace(request.namespace).check('${verb}').allowed()`;

/**
 * An account is a builder's by its rights, not by its name: a service account that may write the status of Builds and
 * may not change pools. The first right comes only from the Role of a pool, or from a copy of it. The operator and
 * administrators hold both rights. All other accounts, of any name, are not concerned.
 */
const matchConditions = [
  { name: "is-an-account", expression: "request.userInfo.username.startsWith('system:serviceaccount:')" },
  { name: "may-write-builds", expression: may("update", "builds", "status") },
  { name: "may-not-change-pools", expression: `!${may("update", "builderpools")}` },
];
