import type { BuilderPool } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { consentRefusal, mountedWishesOf, type SecretWish } from "../../core/definitions/secretConsent.ts";
import { isStoreError } from "../../store/error.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import type { Clock } from "../../system/clock.ts";
import { secrets } from "./resources.ts";

/** Maximum age of a consent before the next read of its Secret. A refusal is checked again sooner. */
const consentMaxAge: Milliseconds = 60_000;
const refusalMaxAge: Milliseconds = 10_000;

interface Answer {
  readonly refusal: string | undefined;
  readonly at: Milliseconds;
}

/**
 * Reads consents. Without a readable answer of the API server the last known answer counts; rejects if there is none.
 */
interface SecretConsents {
  /** The reason why a pool may not use the Secret, as a sentence; undefined if the Secret consents. */
  refusalOf(wish: SecretWish): Promise<string | undefined>;
  /** The reason why the pods of a pool may not mount one of their Secrets. */
  podRefusalOf(pool: BuilderPool): Promise<string | undefined>;
}

/** Creates a reader of consents with a cache. */
export function createSecretConsents(
  client: Pick<KubernetesClient, "get" | "namespace">,
  clock: Pick<Clock, "monotonic">,
): SecretConsents {
  const answers = new Map<string, Answer>();

  async function refusalOf(wish: SecretWish): Promise<string | undefined> {
    const key = JSON.stringify(wish);
    const last = answers.get(key);
    const at = clock.monotonic();
    const maxAge = last?.refusal === undefined ? consentMaxAge : refusalMaxAge;
    if (last !== undefined && at - last.at < maxAge) return last.refusal;
    try {
      const refusal = await readConsent(wish);
      answers.set(key, { refusal, at });
      return refusal;
    } catch (error) {
      if (last === undefined || !isStoreError(error, "Unavailable")) throw error;
      return last.refusal;
    }
  }

  async function readConsent(wish: SecretWish): Promise<string | undefined> {
    const subject = `The Secret "${wish.name}" (${wish.field})`;
    try {
      const secret = await client.get(secrets, wish.name);
      if (secret !== undefined) return consentRefusal(wish, secret.metadata);
      return `${subject} does not exist in the namespace "${client.namespace}": create it, with its label for the use "${wish.use}"`;
    } catch (error) {
      if (!isStoreError(error, "Forbidden")) throw error;
      return `${subject} could not be read, so its consent is unknown: ${error.message}`;
    }
  }

  return {
    refusalOf,
    async podRefusalOf(pool) {
      for (const wish of mountedWishesOf(pool)) {
        const refusal = await refusalOf(wish);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    },
  };
}
