import http from "node:http";
import { noProxyOf } from "../api/values/noProxy.ts";

/** The proxy of a site, by the names of the variables. Empty: none. */
export type ProxyVariables = Partial<Record<"HTTPS_PROXY" | "HTTP_PROXY" | "NO_PROXY", string>>;

const addresses = ["HTTPS_PROXY", "HTTP_PROXY"] as const;

/**
 * The proxy in an environment, in the form that Node, git, curl and pip read alike. Lower case wins, as in curl. An
 * address without a scheme is one of HTTP. Node sends HTTPS through `HTTP_PROXY` if that is the only one, so git does too.
 */
export function readProxy(env: NodeJS.ProcessEnv): ProxyVariables {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name] ?? "";
  const plain = read("HTTP_PROXY");
  const hosts = read("NO_PROXY").split(/[\s,]+/);
  const values = {
    HTTPS_PROXY: withScheme(read("HTTPS_PROXY") || plain),
    HTTP_PROXY: withScheme(plain),
    NO_PROXY: noProxyOf(hosts.filter((host) => host !== "")).join(","),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

/** The variables of a proxy for git and builds, in both letter cases: curl reads `http_proxy` in lower case only. */
export function proxyForPrograms(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const values = Object.entries(readProxy(env)).filter(([, value]) => !hasPassword(value));
  return Object.fromEntries(values.flatMap(([name, value]) => [name, name.toLowerCase()].map((one) => [one, value])));
}

/** Whether an address has a user name or password, which every build could read. */
export function hasPassword(value: string): boolean {
  return /^([a-z0-9+.-]+:\/\/)?[^/]*@/i.test(value);
}

function withScheme(address: string): string {
  return address === "" || /^[a-z0-9+.-]+:\/\//i.test(address) ? address : `http://${address}`;
}

/**
 * The proxy in the environment of a command. Undefined if no variable is set. Throws an Error for people if an address
 * cannot be used. The address stays out of the message: it may have a password.
 */
export function proxyIn(env: NodeJS.ProcessEnv): ProxyVariables | undefined {
  if (addresses.every((name) => (env[name.toLowerCase()] ?? env[name]) === undefined)) return undefined;
  const proxy = readProxy(env);
  const unusable = addresses.find((name) => !isUsable(proxy[name]) && (env[name.toLowerCase()] ?? env[name]));
  if (unusable !== undefined) {
    const name = env[unusable.toLowerCase()] === undefined ? unusable : unusable.toLowerCase();
    throw new Error(
      `${name} is no address of an HTTP proxy: expected one such as http://proxy.example.org:3128; correct the variable, or remove it`,
    );
  }
  return proxy.HTTPS_PROXY === undefined ? {} : proxy;
}

/** Whether this process itself uses no proxy. `NODE_USE_ENV_PROXY=0` keeps the proxy for git and builds alone. */
export function isProxyOff(env: NodeJS.ProcessEnv): boolean {
  return env["NODE_USE_ENV_PROXY"] !== undefined;
}

function isUsable(address: string | undefined): boolean {
  return address === undefined || /^https?:$/.test(URL.parse(address)?.protocol ?? "");
}

/**
 * Lets all requests of this process use the proxy, apart from those with an agent of their own. Throws an Error for
 * people if this Node cannot.
 */
export function useProxy(proxy: ProxyVariables | undefined): void {
  if (proxy === undefined || Object.keys(proxy).length === 0) return;
  if (typeof http.setGlobalProxyFromEnv !== "function")
    throw new Error(
      `Node ${process.versions.node} cannot use a proxy: expected Node 24.14 or newer; install it, or remove HTTPS_PROXY`,
    );
  http.setGlobalProxyFromEnv({ ...proxy });
}

/** The proxy on the way to an address, without user and password. Undefined: the address is reached directly. */
export function proxyFor(address: string, env: NodeJS.ProcessEnv): string | undefined {
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY = "" } = readProxy(env);
  const url = URL.parse(address);
  const proxy = { "http:": HTTP_PROXY, "https:": HTTPS_PROXY }[url?.protocol ?? ""];
  const isIn = (domain: string) => `.${url?.hostname}`.endsWith(`.${domain.replace(/^\./, "").toLowerCase()}`);
  const isDirect =
    proxy === undefined || NO_PROXY === "*" || NO_PROXY.split(",").some((each) => each !== "" && isIn(each));
  return isDirect ? undefined : URL.parse(proxy)?.origin;
}

/** Sentences about entries of NO_PROXY that only some programs read. */
export function unevenHostsOf(env: NodeJS.ProcessEnv): readonly string[] {
  const networks =
    readProxy(env)
      .NO_PROXY?.split(",")
      .filter((entry) => entry.includes("/")) ?? [];
  if (networks.length === 0) return [];
  return [
    `NO_PROXY: only git and builds read ${networks.join(", ")}, and GitHub and logs are reached with the proxy; name each of their servers`,
  ];
}
