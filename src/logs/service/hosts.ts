import type { MiddlewareHandler } from "hono";

/**
 * Refuses requests for other host names with 421. A page of another site can point its own name at this service
 * (DNS rebinding), and its scripts could then read every log. Undefined accepts all names. The port does not count.
 */
export function onlyFor(hosts: readonly string[] | undefined): MiddlewareHandler {
  const own = new Set(hosts?.map(normalized));
  return async (c, next) => {
    const asked = [new URL(c.req.url).hostname, nameIn(c.req.header("Host"))].filter((name) => name !== undefined);
    if (hosts === undefined || asked.every((name) => own.has(normalized(name)))) return await next();
    return c.text("This server has no pages for the host name of the request; add the name to logs.hosts\n", 421);
  };
}

function nameIn(header: string | undefined): string | undefined {
  return header?.replace(/:[0-9]*$/, "");
}

function normalized(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^\[|\]$/g, "");
}
