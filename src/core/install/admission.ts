import { apiVersion, group } from "../../api/objects/group.ts";
import type { Manifest } from "../pool/manifest/manifest.ts";
import { type AdmissionRules, admissionRules, variables } from "./admissionRules.ts";
import { logLinkRules } from "./logLinkRules.ts";
import { type TokenOptions, tokenRules } from "./tokenRules.ts";

/** The parts of an installation that its admission policies name. */
export interface AdmissionOptions extends TokenOptions {
  /** Prefix of the policies' names. Policies are cluster-wide, so the prefix must be unique to the installation. */
  readonly name: string;
  readonly namespace: string;
  /** Public address of the log service, without a final slash. */
  readonly logsUrl: string;
}

/**
 * The admission policies, each with its binding, that limit the writes of builders to their own objects. The pod of the
 * token identifies a builder in a pod, and the account of the token a host.
 */
export function admissionPoliciesOf(options: AdmissionOptions): readonly Manifest[] {
  const { name, namespace, logsUrl } = options;
  return [...admissionRules, logLinkRules(logsUrl), tokenRules(options)].flatMap((rules) => [
    policyOf(`${name}-${rules.kind}`, rules),
    bindingOf(`${name}-${rules.kind}`, namespace, rules),
  ]);
}

function policyOf(
  name: string,
  { apiGroup, resource, variables: own = [], rules, alsoFor, forEachPool = false }: AdmissionRules,
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
      matchConditions: matchConditionsOf(alsoFor),
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
function matchConditionsOf(alsoFor: string | undefined) {
  const [mayWriteBuilds, mayNotChangePools] = [may("update", "builds", "status"), `!${may("update", "builderpools")}`];
  return [
    { name: "is-an-account", expression: "request.userInfo.username.startsWith('system:serviceaccount:')" },
    ...(alsoFor === undefined
      ? [
          { name: "may-write-builds", expression: mayWriteBuilds },
          { name: "may-not-change-pools", expression: mayNotChangePools },
        ]
      : [{ name: "is-concerned", expression: `${alsoFor} || (${mayWriteBuilds} && ${mayNotChangePools})` }]),
  ];
}
