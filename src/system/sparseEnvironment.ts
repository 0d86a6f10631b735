/** The network settings passed on to git and cells. No other variable of our environment is passed on. */
export const passedVariables = [
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

/** The complete environment of git and cells. A URL with a password is dropped, because builds could read it. */
export function sparseEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const entries = passedVariables.flatMap((name) => {
    const value = env[name];
    return value === undefined || /^([a-z0-9+.-]+:\/\/)?[^/]*@/i.test(value) ? [] : [[name, value]];
  });
  return { PATH: "/usr/local/bin:/usr/bin:/bin", ...Object.fromEntries(entries) };
}
