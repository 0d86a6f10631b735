import { hasPassword, proxyForPrograms } from "./proxy.ts";

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
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "PIP_CERT",
  "PIP_INDEX_URL",
] as const;

/** The complete environment of git and cells. A URL with a password is dropped, because builds could read it. */
export function sparseEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const entries = passedVariables.flatMap((name) => {
    const value = env[name];
    return value === undefined || /_proxy$/i.test(name) || hasPassword(value) ? [] : [[name, value]];
  });
  const passed: Record<string, string> = Object.fromEntries(entries);
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    ...authorities(passed["SSL_CERT_FILE"]),
    ...passed,
    ...proxyForPrograms(env),
  };
}

/** git, pip and curl each have their own variable for the file of authorities. */
function authorities(file: string | undefined): Readonly<Record<string, string>> {
  if (file === undefined) return {};
  return { GIT_SSL_CAINFO: file, PIP_CERT: file, REQUESTS_CA_BUNDLE: file, CURL_CA_BUNDLE: file };
}

/** Sentences about variables with a password. Git and builds do not get them, and nothing else would say so. */
export function droppedVariablesOf(env: NodeJS.ProcessEnv): readonly string[] {
  const dropped = passedVariables.filter((name) => hasPassword(env[name] ?? ""));
  if (dropped.length === 0) return [];
  return [
    `${dropped.join(", ")}: the value has a user name or password, which every build could read, so git and builds do not get it; use an address without one`,
  ];
}
