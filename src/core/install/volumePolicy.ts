import { group, version } from "../../api/objects/group.ts";
import type { Manifest } from "../pool/manifest/manifest.ts";
import { freeSources, freeVolumes } from "../pool/manifest/refusal.ts";

/** The part of an installation that limits the volumes of its pools. */
export interface VolumePolicyOptions {
  /** Name of the policy. Policies are cluster-wide, so the name must be unique to the installation. */
  readonly name: string;
  readonly namespace: string;
  /** Further kinds of volumes as items of a CEL list, each with a comma at its end: `'nfs','csi',`. */
  readonly allowed: string;
}

/**
 * The admission policy, with its binding, for the kinds of volumes in `spec.template` of a pool. The operator refuses
 * the same kinds. An unchanged template passes, so that an older pool can still be changed and deleted.
 */
export function volumePolicyOf({ name, namespace, allowed }: VolumePolicyOptions): readonly Manifest[] {
  const free = ["name", ...freeVolumes].map((kind) => `'${kind}',`).join("");
  const sources = freeSources.map((kind) => `'${kind}'`).join(",");
  const isFree = `key in [${free}${allowed}] || (key == 'projected' && volume.projected.sources.all(source, source.all(kind, kind in [${sources}])))`;
  return [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [group],
              apiVersions: [version],
              operations: ["CREATE", "UPDATE"],
              resources: ["builderpools"],
            },
          ],
        },
        variables: [
          {
            name: "isChanged",
            expression: "oldObject == null || object.spec.?template != oldObject.spec.?template",
          },
          { name: "volumes", expression: "object.spec.?template.?volumes.orValue([])" },
        ],
        validations: [
          {
            expression: `!variables.isChanged || variables.volumes.all(volume, volume.all(key, ${isFree}))`,
            message: `spec.template.volumes has a kind that the chart value pools.volumes does not allow: pools may add ${freeVolumes.join(", ")} and projected ones of ${freeSources.join(" and ")}`,
            reason: "Forbidden",
          },
        ],
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
  ];
}
