import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { kubernetes } from "../programs/kubernetes.ts";

/** The identity in a certificate of the test cluster. */
export interface Subject {
  /** The files are `<name>.crt` and `<name>.key`. */
  readonly name: string;
  readonly commonName: string;
  /** A group of Kubernetes. */
  readonly organization?: string;
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
}

/**
 * Creates a certificate authority in `folder`: `ca`, `sa` (the key pair that signs tokens), and a certificate per
 * subject.
 */
export async function writePki(folder: string, subjects: readonly Subject[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await execa(await kubernetes(), ["pki", folder], { input: JSON.stringify(subjects) });
}

/** A self-contained kubeconfig for the subject `name` of the PKI in `folder` and the API server at `server`. */
export async function kubeconfigOf(folder: string, name: string, server: string): Promise<string> {
  const base64 = (file: string) => readFile(join(folder, file), "base64");
  const [authority, certificate, key] = await Promise.all([
    base64("ca.crt"),
    base64(`${name}.crt`),
    base64(`${name}.key`),
  ]);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": authority } }],
    users: [{ name, user: { "client-certificate-data": certificate, "client-key-data": key } }],
    contexts: [{ name: "test", context: { cluster: "test", user: name } }],
    "current-context": "test",
  });
}
