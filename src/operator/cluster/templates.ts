import { z } from "zod";
import { poolLabel, revisionLabel } from "../../api/objects/group.ts";
import type { PodTemplate } from "../../core/pool/manifest/pod/podTemplate.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import { controllerRevisions } from "./resources.ts";
import { Template } from "./statefulSet.ts";

/** The part of a ControllerRevision with an earlier template of a StatefulSet. */
const ControllerRevision = z.object({
  revision: z.int(),
  data: z.object({ spec: z.object({ template: Template }) }),
});

/**
 * The pod template of the pool's StatefulSet at a revision. Kubernetes keeps the templates of all pods and ten more.
 * Undefined when Kubernetes keeps no template of the revision.
 */
export async function earlierTemplateOf(
  client: Pick<KubernetesClient, "list">,
  pool: string,
  revision: string,
): Promise<PodTemplate | undefined> {
  const labelSelector = `${poolLabel}=${pool},${revisionLabel}=${revision}`;
  const { items } = await client.list(controllerRevisions, { labelSelector });
  const kept = items.flatMap((item) => ControllerRevision.safeParse(item).data ?? []);
  return kept.toSorted((a, b) => b.revision - a.revision)[0]?.data.spec.template;
}
