import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleOf, certificatesIn, Trusted, trustPublished } from "../../core/host/authorities.ts";
import { readToken, type TokenFacts } from "../../core/host/token.ts";
import type { Clock } from "../../system/clock.ts";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";

const secret = 0o600;

/** Writes the token in place of the old one: readers see one of the two, also after a crash. */
export async function writeToken(folder: string, token: string): Promise<void> {
  await writeAtomically(join(folder, "token"), `${token}\n`, secret);
}

/** Facts about the stored token. Undefined if there is none. */
export async function storedToken(folder: string): Promise<TokenFacts | undefined> {
  return readToken(await readFile(join(folder, "token"), "utf8").catch(() => ""));
}

/** Writes namespace, authority and token of a host that enrols. The token comes last: with it the host can work. */
export async function writeCredential(
  folder: string,
  { namespace, authority, token }: { readonly namespace: string; readonly authority: string; readonly token: string },
  clock: Pick<Clock, "now">,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAtomically(join(folder, "namespace"), `${namespace}\n`, secret);
  await writeTrusted(folder, trustPublished([], authority, clock.now()));
  await writeToken(folder, token);
}

/**
 * Adds the published authority of the cluster to the trusted certificates. A host that trusts public authorities keeps
 * them: the published one is for the inside of the cluster.
 */
export async function followAuthority(folder: string, published: string, clock: Pick<Clock, "now">): Promise<void> {
  const trusted = await readTrusted(folder, clock);
  if (trusted.length > 0) await writeTrusted(folder, trustPublished(trusted, published, clock.now()));
}

/** The record of the trusted certificates, or the certificates in `ca.crt` if the record is lost. */
async function readTrusted(folder: string, clock: Pick<Clock, "now">): Promise<Trusted> {
  const record = Trusted.safeParse(parseJson(await read(join(folder, "trusted.json")))).data;
  if (record !== undefined) return record;
  return certificatesIn(await read(join(folder, "ca.crt"))).map((pem) => ({ pem, seenAt: clock.now() }));
}

async function writeTrusted(folder: string, trusted: Trusted): Promise<void> {
  await writeAtomically(join(folder, "trusted.json"), `${JSON.stringify(trusted)}\n`, secret);
  await writeAtomically(join(folder, "ca.crt"), bundleOf(trusted), secret);
}

function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
