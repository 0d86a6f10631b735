import type { Resource, Subresource } from "../client.ts";

/** Path of a collection, an object, or a part of one, in a namespace. */
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

/** A query without the parameters that are undefined, `?` included; empty when none is left. */
export function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
