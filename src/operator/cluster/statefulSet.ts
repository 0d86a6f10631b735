import { z } from "zod";
import { revisionLabel } from "../../api/objects/group.ts";
import type { PodTemplate } from "../../core/pool/manifest/podTemplate.ts";
import type { Workload } from "../../core/pool/observed.ts";
import type { KubernetesObject } from "../../store/kubernetes/client.ts";

/** A template as returned by the API server, with our fields and the API server's defaults. */
export const Template = z.object({
  metadata: z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({}),
});

const StatefulSet = z.object({
  spec: z.object({ replicas: z.int().default(1), template: Template }),
});

/** Replicas, revision and template of a StatefulSet's spec. */
export function readStatefulSet(object: KubernetesObject): {
  readonly workload: Workload;
  readonly template: PodTemplate;
} {
  const { replicas, template } = StatefulSet.parse(object).spec;
  return { workload: { replicas, revision: template.metadata.labels[revisionLabel] ?? "" }, template };
}
