/** A token as the API server writes it, with a signature that nobody checks. Times in milliseconds since 1970. */
export function aToken({
  account = "mac1.o2.host",
  uid = "u1",
  issuedAt = Date.now(),
  expiresAt = issuedAt + 30 * 24 * 60 * 60_000,
}: {
  readonly account?: string;
  readonly uid?: string;
  readonly issuedAt?: number;
  readonly expiresAt?: number;
} = {}): string {
  const claims = {
    iat: Math.floor(issuedAt / 1000),
    exp: Math.floor(expiresAt / 1000),
    "kubernetes.io": { namespace: "ci", serviceaccount: { name: account, uid } },
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.${Buffer.from(String(Math.random())).toString("base64url")}`;
}
