import { group, version } from "../../src/api/objects/group.ts";
import type { KindFacts } from "./kinds.ts";
import { type Schema, schemaOf } from "./schema.ts";

/** Returns the CustomResourceDefinition of a kind. */
export function definitionOf(facts: KindFacts) {
  const { kind, plural, singular, shortName, scale } = facts;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        shortNames: [shortName],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {}, ...(scale && { scale }) },
          additionalPrinterColumns: facts.columns,
          ...(facts.selectable.length > 0 && { selectableFields: facts.selectable.map((jsonPath) => ({ jsonPath })) }),
          schema: { openAPIV3Schema: schemaOf(facts) satisfies Schema },
        },
      ],
    },
  };
}
