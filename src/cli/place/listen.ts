import type { Address } from "../../local/pages.ts";
import { CommandError, exitCodes } from "../exit.ts";

/** Reads `address:port`, `[address]:port` or a port alone. */
export function parseListen(text: string): Address {
  const match = /^(?:(?:\[(?<six>[0-9a-fA-F:]+)\]|(?<host>[^:\s[\]]+)):)?(?<port>[0-9]{1,5})$/.exec(text);
  const port = Number(match?.groups?.["port"]);
  if (match === null || port > 65535)
    throw new CommandError(exitCodes.usage, `--listen ${text}: expected address:port, such as 127.0.0.1:8089`);
  return { host: match.groups?.["six"] ?? match.groups?.["host"] ?? "127.0.0.1", port };
}
