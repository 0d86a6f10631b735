/** Variables that a cell gets from the environment: PATH, proxies, certificates and package registries. */
const handed = /^(PATH|PIP_.*|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|https?_proxy|no_proxy)$/i;

export function handedOn(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => handed.test(entry[0]) && entry[1] !== undefined),
  );
}
