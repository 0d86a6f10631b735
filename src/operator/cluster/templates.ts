import { z } from "zod";
import { poolLabel, revisionLabel } from "../../api/objects/group.ts";
import type { PodTemplate } from "../../core/pool/manifest/podTemplate.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import { controllerRevisions } from "./resources.ts";
import { Template } from "./statefulSet.ts";

/** The part of a ControllerRevision that holds what a StatefulSet once had. */
const ControllerRevision = z.object({
  revision: z.int(),
  data: z.object({ spec: z.object({ template: Template }) }),
});

/**
 * The template that the pool's StatefulSet had at a revision, as Kubernetes keeps it: all that a pod still has, and ten more. Undefined when
 * none is kept.
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
