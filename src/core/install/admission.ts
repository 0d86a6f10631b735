import type { Manifest } from "../pool/manifest/manifest.ts";
import { accountSuffix } from "../pool/manifest/owned.ts";
import { admissionRules, variables } from "./admissionRules.ts";

/**
 * The admission policies, each with its binding, that limit the writes of builders to their own objects. The pod of the
 * builder's token identifies the builder. Policies are cluster-wide objects, so `name` must be unique to the
 * installation.
 */
export function admissionPoliciesOf(name: string, namespace: string): readonly Manifest[] {
  return admissionRules.flatMap(({ kind, apiGroup, resource, variables: own = [], rules }) => [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: `${name}-${kind}` },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            { apiGroups: [apiGroup], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources: [resource] },
          ],
        },
        matchConditions: [{ name: "is-a-builder", expression: isBuilder }],
        variables: [...variables, ...own].map(([variable, expression]) => ({ name: variable, expression })),
        validations: rules.map(({ holds, message }) => ({ expression: holds, message, reason: "Forbidden" })),
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: `${name}-${kind}` },
      spec: {
        policyName: `${name}-${kind}`,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
  ]);
}

const isBuilder =
  "request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':') && " +
  `request.userInfo.username.endsWith('${accountSuffix}')`;
