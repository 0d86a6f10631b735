import { secretAddressAnnotation, secretUseLabel } from "../../api/objects/group.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { secretsIn } from "./cellSecrets.ts";

/** What a pool does with a Secret. */
export type SecretUse = "github" | "git" | "bucket" | "cell";

/** One use of a Secret by a pool. */
export interface SecretWish {
  readonly name: string;
  /** Field of the pool that names the Secret. */
  readonly field: string;
  readonly use: SecretUse;
  /** Address that receives the credential; undefined if the Secret itself is sent nowhere. */
  readonly address?: string;
}

/** The metadata of a Secret with its consent. */
export interface ConsentMetadata {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Returns the wish of a pool for its GitHub credential; undefined without a Secret. */
export function githubWishOf({ spec: { github } }: BuilderPool): SecretWish | undefined {
  const { secretRef, apiUrl } = github;
  return secretRef && { name: secretRef.name, field: "spec.github.secretRef", use: "github", address: apiUrl };
}

/** Returns the wishes of a pool for the Secrets that its pods mount. */
export function mountedWishesOf(pool: BuilderPool): readonly SecretWish[] {
  return [
    ...builderWishesOf(pool),
    ...(pool.spec.template?.volumes ?? [])
      .flatMap(secretsIn)
      .map((name) => ({ name, field: "spec.template.volumes", use: "cell" as const })),
  ];
}

/** Returns the wishes of a pool for the Secrets that every builder needs: in a pod, or on a host. */
export function builderWishesOf({ spec: { github, logs, cellSecrets = [] } }: BuilderPool): readonly SecretWish[] {
  const { gitSecretRef, gitUrl } = github;
  return [
    ...(gitSecretRef === undefined
      ? []
      : [{ name: gitSecretRef.name, field: "spec.github.gitSecretRef", use: "git" as const, address: gitUrl }]),
    ...(logs.s3 === undefined
      ? []
      : [{ name: logs.s3.secretRef.name, field: "spec.logs.s3.secretRef", use: "bucket" as const }]),
    ...cellSecrets.map(({ name }) => ({ name, field: "spec.cellSecrets", use: "cell" as const })),
  ];
}

/**
 * Returns the reason why a pool may not use a Secret, as a sentence; undefined if the Secret consents. Otherwise anyone
 * who may write pools could read every Secret of the namespace, for example with an `apiUrl` of their own.
 */
export function consentRefusal(
  { name, field, use, address }: SecretWish,
  { labels, annotations }: ConsentMetadata,
): string | undefined {
  const subject = `The Secret "${name}" (${field}) does not allow this use`;
  const found = labels?.[secretUseLabel];
  if (found !== use) {
    return `${subject}: its label ${secretUseLabel} is ${valueText(found)}, expected "${use}"; run \`kubectl label --overwrite secret ${name} ${secretUseLabel}=${use}\` if builds of this pool may use it`;
  }
  if (address === undefined) return undefined;
  const allowed = annotations?.[secretAddressAnnotation];
  if (allowed !== undefined && isAllowedAddress(allowed, address)) return undefined;
  return `${subject}: its annotation ${secretAddressAnnotation} is ${valueText(allowed)}, but the pool would send the credential to ${address}; run \`kubectl annotate --overwrite secret ${name} ${secretAddressAnnotation}=${hostOf(address)}\` if that server may receive it`;
}

/**
 * Whether an address equals `allowed`. A host allows its default port, `host:port` one port. A base URL allows the same
 * scheme, host and port, and paths below its own.
 */
function isAllowedAddress(allowed: string, address: string): boolean {
  const target = URL.parse(address);
  if (target === null) return false;
  const wanted = allowed.trim().toLowerCase();
  if (!wanted.includes("://")) return wanted === target.host;
  const base = URL.parse(allowed.trim());
  if (base === null || base.origin !== target.origin) return false;
  const folder = (path: string) => (path.endsWith("/") ? path : `${path}/`);
  return folder(target.pathname).startsWith(folder(base.pathname));
}

function hostOf(address: string): string {
  return URL.parse(address)?.host ?? address;
}

function valueText(value: string | undefined): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}
