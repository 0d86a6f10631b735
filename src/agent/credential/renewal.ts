import { backoffDelay } from "../../api/values/backoff.ts";
import { mustRenew } from "../../core/host/renewal.ts";
import type { Instant } from "../../core/liveness/heartbeat.ts";
import { heartbeatInterval } from "../../core/liveness/heartbeat.ts";
import { isStoreError } from "../../store/error.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { followAuthority, storedToken, writeToken } from "../state/credential.ts";
import { publishedAuthority, requestToken } from "./trade.ts";

/** Inputs of `keepCredential`. */
export interface RenewalWorld {
  /** Folder of the credential. */
  readonly folder: string;
  readonly client: Pick<KubernetesClient, "get" | "create">;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each renewal, and with the error after a failed one. */
  readonly onRenewal: (error?: unknown) => void;
  /** Called when the stored token belongs to another account than `uid`: a person enrolled this host again. */
  readonly onAccount: () => void;
  /** UID of the account that this process works with. */
  readonly uid: string;
}

const backoff = { firstMs: heartbeatInterval, maxMs: 5 * 60_000 };

/**
 * Renews token and authority until `signal` aborts. Looks every 15 s whether a renewal is due: a long timer would
 * stand still while the machine sleeps.
 */
export async function keepCredential(world: RenewalWorld, signal: AbortSignal): Promise<void> {
  const { folder, clock, log, uid, onAccount, onRenewal } = world;
  let renewed: Instant | undefined;
  let looked: Instant | undefined;
  let failures = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const now = { wall: clock.now(), monotonic: clock.monotonic() };
    const stored = await storedToken(folder);
    if (stored !== undefined && stored.uid !== uid) return onAccount();
    if (stored !== undefined && mustRenew(stored, renewed, looked, now) && now.monotonic >= notBefore) {
      try {
        await renew(world, stored.account);
        [renewed, failures] = [now, 0];
        log.info({ account: stored.account }, "renewed the credential of this host");
        onRenewal();
      } catch (error) {
        if (!isStoreError(error)) log.error({ error: messageOf(error) }, "cannot store the credential of this host");
        else log.warn({ error: error.message }, "cannot renew the credential of this host; retrying");
        failures += 1;
        renewed = undefined; // Due until a renewal succeeds.
        notBefore = clock.monotonic() + backoffDelay(backoff, failures);
        onRenewal(error);
      }
    }
    looked = { wall: clock.now(), monotonic: clock.monotonic() };
    await clock.sleep(heartbeatInterval, signal).catch(() => {});
  }
}

async function renew({ folder, client, clock, uid }: RenewalWorld, account: string): Promise<void> {
  const granted = await requestToken(client, { account });
  // A person may have enrolled the host again meanwhile. That token is newer.
  if ((await storedToken(folder))?.uid === uid) await writeToken(folder, granted.token);
  await followAuthority(folder, await publishedAuthority(client), clock);
}
