import { createServer } from "node:net";
import type { MachineFacts, PageTrouble } from "../../core/machine/facts.ts";
import type { Address } from "../pages.ts";

/**
 * Tests whether pages can be served at the address. With `running`, a port in use counts as the port of our own `up`.
 */
export async function pageFactsOf({ host, port }: Address, running: boolean): Promise<MachineFacts["pages"]> {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const trouble = await listen(host, port);
  if (trouble === undefined) return { address };
  return { address, trouble: trouble === "taken" && running ? "ours" : trouble };
}

function listen(host: string, port: number): Promise<PageTrouble | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code, message }: NodeJS.ErrnoException) =>
      resolve(code === "EADDRINUSE" ? "taken" : { because: reasons[code ?? ""] ?? message }),
    );
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not listen there",
  EADDRNOTAVAIL: "this machine does not have the address",
  ENOTFOUND: "this machine does not know the name",
};
