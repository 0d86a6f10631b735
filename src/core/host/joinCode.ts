import { hash } from "node:crypto";
import { z } from "zod";
import { Address } from "../../api/values/address.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { HostName } from "../../api/values/hostName.ts";
import { PoolName } from "../../api/values/poolName.ts";
import { joinCommandOf } from "./joinCommand.ts";

/** Everything that a host needs to reach its cluster for the first time. The token makes the whole code a secret. */
export const JoinCode = z.object({
  /** Address of the API server, as the host reaches it. */
  server: Address,
  /** Certificates of the API server's authority, in PEM. Empty: the public authorities. */
  authority: z.string(),
  namespace: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  pool: PoolName,
  name: HostName,
  /** Token of the host's account, for a few minutes. The host trades it for its own token. */
  token: z.string().regex(/^[\x21-\x7e]+$/),
  expiresAt: z.iso.datetime(),
});
export type JoinCode = z.infer<typeof JoinCode>;

/** The result of `readJoinCode`: the content, or one sentence that names the problem and the next step. */
export type JoinCodeReading = { readonly code: JoinCode } | { readonly refusal: string };

/** Returns the code as one line without its line break: `builderpool.CONTENT.CHECKSUM`. */
export function writeJoinCode(code: JoinCode): string {
  const content = Buffer.from(JSON.stringify(JoinCode.parse(code))).toString("base64url");
  return `${prefix}.${content}.${checksumOf(content)}`;
}

/**
 * Reads a code at the time `now`. Ignores white space, which terminals and mail programs add to long lines. With
 * `name`, refuses the code of another host. A refusal never contains a part of the code.
 */
export function readJoinCode(text: string, now: Milliseconds, name?: string): JoinCodeReading {
  const code = text.replace(/\s/g, "");
  const [first = "", content = "", checksum = "", ...rest] = code.split(".");
  const someCommand = joinCommandOf(name ?? "NAME", "NAMESPACE");
  if (code === "") return refuse(`Expected a join code, found nothing: type the output of \`${someCommand}\``);
  if (first !== prefix && !prefix.startsWith(code))
    return refuse(`This is not a join code: expected the one line that \`${someCommand}\` prints`);
  if (rest.length > 0 || content === "" || checksum !== checksumOf(content))
    return refuse("The join code is cut or changed: copy the whole line again, it ends with a dot and 8 characters");
  const read = JoinCode.safeParse(jsonOf(content));
  if (!read.success)
    return refuse(
      `The join code does not have the expected ${fieldOf(read.error)}: use the same version of builderpool on both machines`,
    );
  const { data } = read;
  const again = joinCommandOf(data.name, data.namespace);
  if (name !== undefined && name !== data.name)
    return refuse(
      `The join code is for "${data.name}", not for "${name}": run \`${joinCommandOf(name, data.namespace)}\``,
    );
  if (Date.parse(data.expiresAt) <= now)
    return refuse(
      `The join code for "${data.name}" expired at ${data.expiresAt}, and the clock of this machine says ${new Date(now).toISOString()}: correct the clock, or run \`${again}\` again`,
    );
  return { code: data };
}

const prefix = "builderpool";

function refuse(refusal: string): JoinCodeReading {
  return { refusal };
}

function checksumOf(content: string): string {
  return hash("sha256", content, "hex").slice(0, 8);
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(Buffer.from(content, "base64url").toString());
  } catch {
    return undefined;
  }
}

/** The first wrong field. Values stay out of the message: one of them is the token. */
function fieldOf(error: z.ZodError): string {
  return error.issues[0]?.path.join(".") || "content";
}
