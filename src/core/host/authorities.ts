import { z } from "zod";
import type { Milliseconds } from "../../api/values/duration.ts";

/** Certificates that a host trusts, with the last time that the cluster published each. */
export const Trusted = z.array(z.object({ pem: z.string(), seenAt: z.number() }));
export type Trusted = z.infer<typeof Trusted>;

/** A server may use a certificate of the old authority for some time. No token of a host lives longer. */
const keep: Milliseconds = 30 * 24 * 60 * 60_000;

/**
 * Adds the published certificates to the trusted ones. Forgets a certificate 30 days after the cluster stopped to
 * publish it. Nothing published changes nothing.
 */
export function trustPublished(trusted: Trusted, published: string, now: Milliseconds): Trusted {
  const found = certificatesIn(published);
  if (found.length === 0) return trusted;
  const old = trusted.filter(({ pem, seenAt }) => !found.includes(pem) && now - seenAt < keep);
  return [...found.map((pem) => ({ pem, seenAt: now })), ...old];
}

/** Returns the file of authorities. */
export function bundleOf(trusted: Trusted): string {
  return trusted.map(({ pem }) => `${pem}\n`).join("");
}

/** Returns the certificates of a PEM text, each once. */
export function certificatesIn(text: string): readonly string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return [...new Set(found)];
}
