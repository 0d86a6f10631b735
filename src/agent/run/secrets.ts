import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { consentRefusal, type SecretWish } from "../../core/definitions/secretConsent.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import { writeAtomically } from "../../system/writeFile.ts";

const secrets = { apiVersion: "v1", kind: "Secret", plural: "secrets" };
const texts = z.record(z.string(), z.string());
const Secret = z.object({
  metadata: z.object({ labels: texts.optional(), annotations: texts.optional() }),
  data: texts.default({}),
});

/** The keys of a Secret. */
export type SecretKeys = ReadonlyMap<string, Buffer>;

/**
 * Reads a Secret with the rights of this host. Throws StoreError, and an Error if there is no Secret, or if its owner
 * did not agree to this use.
 */
export async function fetchSecret(client: Pick<KubernetesClient, "get">, wish: SecretWish): Promise<SecretKeys> {
  const found = await client.get(secrets, wish.name);
  if (found === undefined) throw new Error(`the Secret "${wish.name}" does not exist in the namespace of the pool`);
  const { data, metadata } = Secret.parse(found);
  const refusal = consentRefusal(wish, metadata);
  if (refusal !== undefined) throw new Error(refusal);
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64")]));
}

/** The text of a key without white space at its ends. Undefined without the key. */
export function textIn(keys: SecretKeys, key: string): string | undefined {
  return keys.get(key)?.toString("utf8").trim() || undefined;
}

/**
 * Writes the Secrets for builds into `folder`, one folder for each, for root alone. Removes Secrets and keys that are
 * gone. Keeps the last content of a Secret that cannot be read now, and throws its error at the end.
 */
export async function fetchSecrets(
  client: Pick<KubernetesClient, "get">,
  folder: string,
  names: readonly string[],
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  for (const name of await readdir(folder))
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true });
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      await write(join(folder, name), await fetchSecret(client, { name, field: "spec.cellSecrets", use: "cell" }));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function write(folder: string, keys: SecretKeys): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const key of await readdir(folder)) if (!keys.has(key)) await rm(join(folder, key), { force: true });
  for (const [key, bytes] of keys) await writeAtomically(join(folder, key), bytes, 0o600);
}
