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
 * A StatefulSet's claims never change. When that is why it was refused, it is deleted and leaves its pods and claims behind, for the next one to
 * adopt: builders run on, claims that are there keep their size, later ones have the new one. Always throws: what it was refused for, or
 * that it must be applied again once the old one has gone.
 */
export async function replaceStatefulSet(
  client: Pick<KubernetesClient, "delete">,
  before: KubernetesObject | undefined,
  manifest: Manifest,
  error: unknown,
): Promise<never> {
  const [now, wanted] = [Claims.safeParse(before).data, Claims.safeParse(manifest).data];
  const isMoot = now === undefined || wanted === undefined || isDeepStrictEqual(now, wanted);
  const { name, uid } = before?.metadata ?? {};
  const isAboutClaims = isStoreError(error, "Invalid") && /updates to statefulset spec/.test(error.message);
  if (!isAboutClaims || isMoot || name === undefined || uid === undefined) throw error;
  await client.delete(statefulSets, name, { uid, propagation: "Orphan" });
  throw new StoreError("Conflict", `StatefulSet "${name}" is replaced by one with other claims; its pods run on`, {
    cause: error,
  });
}
