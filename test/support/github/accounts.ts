import { createPublicKey, createVerify, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";

/** The sender of a request and its rights. */
export interface Caller {
  readonly login: string;
  /** Key of the sender's budgets. */
  readonly key: string;
  readonly mayWrite: boolean;
  readonly anonymous: boolean;
  /** Scopes of a classic token, as in GitHub's header. */
  readonly scopes?: string | undefined;
}

export interface AppCredential {
  readonly appId: number;
  readonly installationId: number;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

const installationTokenLife = 3_600_000;
const clockTolerance = 60_000;

/** The known tokens and Apps. */
export class Accounts {
  readonly #now: () => number;
  readonly #tokens = new Map<string, { caller: Caller; expiresAt: number }>();
  readonly #apps = new Map<number, { key: KeyObject; appId: number; slug: string }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  addToken(token: string, login: string, mayWrite = true, scopes?: string): void {
    const { caller, expiresAt } = this.#entry(login, token, mayWrite, Number.POSITIVE_INFINITY);
    this.#tokens.set(token, { caller: { ...caller, scopes }, expiresAt });
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  addApp(slug = "builderpool", appId = 4711, installationId = 815): AppCredential {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#apps.set(installationId, {
      key: createPublicKey(pair.publicKey.export({ type: "spki", format: "pem" })),
      appId,
      slug,
    });
    return { appId, installationId, privateKey: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
  }

  /** `undefined` for a bad credential. Accepts `token T`, `Bearer T` and Basic with T as password. */
  caller(authorization: string | undefined): Caller | undefined {
    if (authorization === undefined) return { login: "anonymous", key: "anonymous", mayWrite: false, anonymous: true };
    const token = tokenOf(authorization);
    const known = token === undefined ? undefined : this.#tokens.get(token);
    return known !== undefined && known.expiresAt > this.#now() ? known.caller : undefined;
  }

  /** Creates an installation token, or returns why the App's JWT is refused. */
  installationToken(
    installationId: number,
    authorization: string | undefined,
  ): { readonly token: string; readonly expiresAt: number } | { readonly status: 401 | 404; readonly message: string } {
    const app = this.#apps.get(installationId);
    if (app === undefined) return { status: 404, message: "Not Found" };
    const refusal = refusedJwt(tokenOf(authorization ?? "") ?? "", app, this.#now());
    if (refusal !== undefined) return { status: 401, message: refusal };
    const token = `ghs_${randomBytes(18).toString("hex")}`;
    const expiresAt = this.#now() + installationTokenLife;
    this.#tokens.set(token, this.#entry(`${app.slug}[bot]`, `installation ${installationId}`, true, expiresAt));
    return { token, expiresAt };
  }

  #entry(login: string, key: string, mayWrite: boolean, expiresAt: number) {
    return { caller: { login, key, mayWrite, anonymous: false }, expiresAt };
  }
}

function tokenOf(authorization: string): string | undefined {
  const [scheme = "", value = ""] = authorization.split(" ", 2);
  if (/^(token|bearer)$/i.test(scheme)) return value;
  if (/^basic$/i.test(scheme)) return Buffer.from(value, "base64").toString().split(":", 2)[1];
  return undefined;
}

/** GitHub's messages. */
function refusedJwt(jwt: string, app: { key: KeyObject; appId: number }, now: number): string | undefined {
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  const claims = parseJson(Buffer.from(payload, "base64url").toString());
  if (claims === undefined) return "A JSON web token could not be decoded";
  const verify = createVerify("RSA-SHA256").update(`${header}.${payload}`);
  if (!verify.verify(app.key, Buffer.from(signature, "base64url"))) return "A JSON web token could not be decoded";
  const { iss, iat, exp } = claims;
  if (String(iss) !== String(app.appId)) return "'Issuer' claim ('iss') must be an Integer";
  if (typeof iat !== "number" || iat * 1000 > now + clockTolerance) {
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
  }
  if (typeof exp !== "number" || exp * 1000 <= now)
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
  if (exp - iat > 660) return "'Expiration time' claim ('exp') is too far in the future";
  return undefined;
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
