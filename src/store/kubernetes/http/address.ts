import type { Resource, Subresource } from "../client.ts";

/** Returns the URL path of a collection, an object or a subresource in a namespace. */
export function addressOf(
  namespace: string,
  { apiVersion, plural }: Resource,
  name?: string,
  subresource?: Subresource,
): string {
  const root = apiVersion.includes("/") ? "/apis" : "/api";
  const parts = [root, apiVersion, "namespaces", namespace, plural, ...(name === undefined ? [] : [name])];
  return [...parts, ...(subresource === undefined ? [] : [subresource])].join("/");
}

/** Returns the query string with its `?`, without undefined parameters; the empty text if no parameter is left. */
export function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
