import { stringify } from "yaml";
import { admissionPoliciesOf } from "../../src/core/install/admission.ts";
import { volumePolicyOf } from "../../src/core/install/volumePolicy.ts";
import { operatorRules } from "../../src/core/pool/manifest/rights.ts";

const chart = "deploy/helm/builderpool";
const origin = "Written by `make generate` from src/core/pool/manifest; changes made here are lost.";
const yaml = { lineWidth: 0, aliasDuplicateObjects: false };

/** Returns the access rules of the operator and the admission policies for builders: path → text. */
export function rightsFiles(): ReadonlyMap<string, string> {
  const policies = admissionPoliciesOf({
    name: "builderpool-{{ .Release.Namespace }}",
    namespace: "{{ .Release.Namespace }}",
    logsUrl: "{{ include `builderpool.logsBase` . }}",
    logsAudience: "{{ .Values.logs.audience }}",
    apiAudiences: "{{ range .Values.hosts.apiAudiences }}'{{ . }}',{{ end }}",
    operator: "{{ include `builderpool.account` (dict `root` . `component` `operator`) }}",
  });
  const volumes = volumePolicyOf({
    name: "builderpool-{{ .Release.Namespace }}-volumes",
    namespace: "{{ .Release.Namespace }}",
    allowed: "{{ range .Values.pools.volumes }}'{{ . }}',{{ end }}",
  });
  return new Map([
    [`${chart}/files/operator-rules.generated.yaml`, `# ${origin}\n${stringify(operatorRules, yaml)}`],
    [
      `${chart}/templates/admission-policy.yaml`,
      `# ${origin}\n${[...policies, ...volumes].map((policy) => stringify(policy, yaml)).join("---\n")}`,
    ],
  ]);
}
