import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates } from "node:tls";

/**
 * Adds `SSL_CERT_FILE` to the environment when only Node knows a private authority (`NODE_EXTRA_CA_CERTS`). The file in
 * `folder` has the public authorities too: git and pip know no file of additional ones.
 */
export function withAuthorities(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  if (!env["NODE_EXTRA_CA_CERTS"] || env["SSL_CERT_FILE"]) return env;
  const file = join(folder, "authorities.pem");
  writeFileSync(file, `${getCACertificates("default").join("\n")}\n`, { mode: 0o644 });
  return { ...env, SSL_CERT_FILE: file };
}
