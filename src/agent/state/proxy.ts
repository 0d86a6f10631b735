import http from "node:http";
import { z } from "zod";

const variables = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] as const;

/** The proxy of a host, by the names of the variables. Empty: none. */
export const HostProxy = z.partialRecord(z.enum(variables), z.string());
export type HostProxy = z.infer<typeof HostProxy>;

/**
 * The proxy in the environment of `enrol`. Lower case wins, as in curl. Undefined if no variable is set. Throws an Error
 * for people if an address cannot be used.
 */
export function proxyIn(env: NodeJS.ProcessEnv): HostProxy | undefined {
  const entries = variables.flatMap((name) => {
    const value = env[name.toLowerCase()] ?? env[name];
    return value === undefined ? [] : [[name, name === "NO_PROXY" ? value : addressIn(name, value)] as const];
  });
  const isSet = entries.some(([name]) => name !== "NO_PROXY");
  return isSet ? HostProxy.parse(Object.fromEntries(entries.filter(([, value]) => value !== ""))) : undefined;
}

/** The value stays out of the message: it may have a password. */
function addressIn(name: string, value: string): string {
  if (value === "") return value;
  const address = /^[a-z0-9+.-]+:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new Error(
      `${name} is no address of an HTTP proxy: expected one such as http://proxy.example.org:3128; correct the variable, or remove it`,
    );
  return address;
}

/**
 * Lets all requests of this process use the proxy, apart from those with an agent of their own. Throws an Error for
 * people if this Node cannot.
 */
export function useProxy(proxy: HostProxy | undefined): void {
  if (proxy === undefined || Object.keys(proxy).length === 0) return;
  if (typeof http.setGlobalProxyFromEnv !== "function")
    throw new Error(
      `Node ${process.versions.node} cannot use a proxy: expected Node 24.14 or newer; install it, or remove HTTPS_PROXY`,
    );
  http.setGlobalProxyFromEnv({ ...proxy });
}
