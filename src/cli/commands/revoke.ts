import { joinCommandOf } from "../../core/host/joinCommand.ts";
import { isStoreError } from "../../store/error.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { withCluster } from "../place/cluster.ts";
import { unknownHost } from "../place/hosts.ts";
import type { Place } from "../place/place.ts";

/**
 * `builderpool revoke`: deletes the Builder of a host. Its account and tokens end with it. The operator creates another
 * Builder while the pool names the host.
 */
export async function revokeCommand(name: string, place: Place, print: (text: string) => void): Promise<void> {
  if (place.kind === "Machine")
    throw new CommandError(
      exitCodes.usage,
      "hosts join a cluster: name one with --namespace, --context or --kubeconfig",
    );
  await withCluster(place, async ({ store, client: { namespace } }) => {
    const builder = await store.get("Builder", name);
    if (builder?.spec.external !== true) throw await unknownHost(store, name);
    await store.delete("Builder", name, { uid: builder.metadata.uid }).catch((error: unknown) => {
      if (!isStoreError(error, "NotFound")) throw error;
    });
    print(
      `${name} is revoked: its tokens end within about 10 s; a running build is requeued when its heartbeat is 16 min old\n` +
        `for another machine: ${joinCommandOf(name, namespace)}\n` +
        `to remove the place: delete the name from spec.external.names of the pool ${builder.spec.pool}\n`,
    );
  });
}
