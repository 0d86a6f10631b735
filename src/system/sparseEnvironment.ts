/** Variables that say how the network is reached from here; nothing else of our environment passes on. */
export const passed = [
  "PATH",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "PIP_CERT",
  "PIP_INDEX_URL",
] as const;

/** The whole environment that git and cells start with. An address with a password in it does not pass: builds could read it. */
export function sparseEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const entries = passed.flatMap((name) => {
    const value = env[name];
    return value === undefined || /^([a-z0-9+.-]+:\/\/)?[^/]*@/i.test(value) ? [] : [[name, value]];
  });
  return { PATH: "/usr/local/bin:/usr/bin:/bin", ...Object.fromEntries(entries) };
}
