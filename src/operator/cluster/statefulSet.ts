import { z } from "zod";
import { revisionLabel } from "../../api/objects/group.ts";
import type { PodTemplate } from "../../core/pool/manifest/pod/podTemplate.ts";
import type { Workload } from "../../core/pool/observed.ts";
import type { KubernetesClient, KubernetesObject, Resource } from "../../store/kubernetes/client.ts";

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

const Counts = z.object({
  metadata: z.object({ name: z.string(), uid: z.string().optional() }),
  spec: z.object({ replicas: z.int().default(1) }),
  status: z.object({ replicas: z.int().default(0) }),
});
const FailedCreate = z.object({
  involvedObject: z.object({ uid: z.string().optional() }),
  message: z.string(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});
/** The StatefulSet controller reports refused pods only in Events of the core group. */
const controllerEvents: Resource = { apiVersion: "v1", kind: "Event", plural: "events" };

/**
 * Why the API server refuses pods of a StatefulSet, in its own words; undefined if every pod exists or no reason is
 * known.
 */
export async function readPodRefusal(
  client: Pick<KubernetesClient, "list">,
  object: KubernetesObject | undefined,
): Promise<string | undefined> {
  const { data } = Counts.safeParse(object);
  if (data === undefined || data.status.replicas >= data.spec.replicas) return undefined;
  const { name, uid } = data.metadata;
  const fieldSelector = `involvedObject.kind=StatefulSet,involvedObject.name=${name},reason=FailedCreate`;
  // An explanation only. A failed read must not stop the pool.
  const { items } = await client.list(controllerEvents, { fieldSelector }).catch(() => ({ items: [] }));
  const newest = items
    .flatMap((item) => FailedCreate.safeParse(item).data ?? [])
    .filter(({ involvedObject }) => involvedObject.uid === uid)
    .sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))[0];
  // The name of the pod changes between retries.
  return newest?.message
    .replace(/^create Pod \S+ in StatefulSet \S+ failed error: /i, "")
    .replace(/^pods "[^"]*" is /, "");
}

function timeOf({ lastTimestamp, eventTime }: z.infer<typeof FailedCreate>): string {
  return lastTimestamp ?? eventTime ?? "";
}
