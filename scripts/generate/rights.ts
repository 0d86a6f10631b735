import { stringify } from "yaml";
import { admissionPoliciesOf } from "../../src/core/install/admission.ts";
import { operatorRules } from "../../src/core/pool/manifest/rights.ts";

const chart = "deploy/helm/builderpool";
const head = "Written by `make generate` from src/core/pool/manifest; changes made here are lost.";
const yaml = { lineWidth: 0, aliasDuplicateObjects: false };

/** What the chart grants the operator, and how it narrows the builders: path → text. */
export function rightsFiles(): ReadonlyMap<string, string> {
  const policies = admissionPoliciesOf("builderpool-{{ .Release.Namespace }}", "{{ .Release.Namespace }}");
  return new Map([
    [`${chart}/files/operator-rules.generated.yaml`, `# ${head}\n${stringify(operatorRules, yaml)}`],
    [
      `${chart}/templates/admission-policy.yaml`,
      `# ${head}\n${policies.map((policy) => stringify(policy, yaml)).join("---\n")}`,
    ],
  ]);
}
