import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/**
 * Writes public authorities and the file of `NODE_EXTRA_CA_CERTS` into one file of the capsule. git, pip and curl know
 * no file of additional authorities. Does nothing without the variable. Throws an Error if the file has no certificate:
 * Node itself would only print a warning.
 */
export async function writeAuthorities(capsule: string, env: NodeJS.ProcessEnv): Promise<void> {
  const extra = env["NODE_EXTRA_CA_CERTS"];
  if (!extra) return;
  if (getCACertificates("extra").length === 0)
    throw new Error(`${extra} has no certificate: put PEM certificates into ca.crt of the ConfigMap of caConfigMap`);
  await writeFile(join(capsule, "authorities.pem"), `${getCACertificates("default").join("\n")}\n`, { mode: 0o644 });
}

/**
 * Adds the authorities of `SSL_CERT_FILE` to those of Node. With an authority of the log service, `NODE_EXTRA_CA_CERTS`
 * names that one file. Does nothing when both are the same file.
 */
export async function trustAuthorities(env: NodeJS.ProcessEnv): Promise<void> {
  const { SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: known } = env;
  if (!file || file === known) return;
  const certificates = (await readFile(file, "utf8")).match(
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
  );
  setDefaultCACertificates([...getCACertificates("default"), ...(certificates ?? [])]);
}
