import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Manifest } from "../../core/pool/manifest/manifest.ts";
import { isStoreError, StoreError } from "../../store/error.ts";
import type { KubernetesClient, KubernetesObject } from "../../store/kubernetes/client.ts";
import { statefulSets } from "./resources.ts";

const Claims = z.object({
  spec: z.object({
    volumeClaimTemplates: z.array(
      z.object({
        spec: z.object({
          resources: z.object({ requests: z.object({ storage: z.string() }) }),
          storageClassName: z.string().optional(),
        }),
      }),
    ),
  }),
});

/**
 * Kubernetes allows no change of a StatefulSet's volume claim templates. If the API server refused the manifest for
 * that reason, this deletes the StatefulSet and orphans its pods and claims. The next StatefulSet adopts them: builders
 * keep running. Existing claims keep their size, later claims get the new size. Always throws: the refusal itself, or a
 * Conflict after the deletion, so that the caller applies the manifest again.
 */
export async function replaceStatefulSet(
  client: Pick<KubernetesClient, "delete">,
  before: KubernetesObject | undefined,
  manifest: Manifest,
  error: unknown,
): Promise<never> {
  const [now, wanted] = [Claims.safeParse(before).data, Claims.safeParse(manifest).data];
  const isUnchanged = now === undefined || wanted === undefined || isDeepStrictEqual(now, wanted);
  const { name, uid } = before?.metadata ?? {};
  const isAboutClaims = isStoreError(error, "Invalid") && /updates to statefulset spec/.test(error.message);
  if (!isAboutClaims || isUnchanged || name === undefined || uid === undefined) throw error;
  await client.delete(statefulSets, name, { uid, propagation: "Orphan" });
  const message = `The StatefulSet "${name}" was deleted, because its volume claims changed; its pods keep running until the next apply recreates it`;
  throw new StoreError("Conflict", message, { cause: error });
}
