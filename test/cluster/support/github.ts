import { secrets } from "../../../src/operator/cluster/resources.ts";
import { isStoreError } from "../../../src/store/error.ts";
import { type StandIn, startStandIn } from "../../support/github/standIn.ts";
import { consentTo } from "../../support/kubernetes/consent.ts";
import type { Installation } from "./installation.ts";

export interface TestGitHub extends AsyncDisposable {
  readonly standIn: StandIn;
  readonly token: string;
  /** The metadata of a Secret that allows its use with this GitHub. */
  readonly consent: object;
  /** The field `github` of a pool with this Secret. */
  of(secret: string): object;
}

/** A GitHub on loopback, with the repository of the test pools and no pull request. */
export async function aGitHub(): Promise<TestGitHub> {
  const standIn = await startStandIn({ token: "ghp_TheFirst" });
  await standIn.state.createRepository({ repository: "AliceO2Group/AliceO2", branch: "master" });
  return {
    standIn,
    token: standIn.token,
    consent: consentTo("github", standIn.apiUrl),
    of: (name) => ({ apiUrl: standIn.apiUrl, secretRef: { name }, pollInterval: "10s" }),
    [Symbol.asyncDispose]: () => standIn.close(),
  };
}

/** Creates the Secret, or replaces its data. `consent` is its metadata for the uses of pools. */
export async function createSecret(
  { admin: { client } }: Installation,
  name: string,
  stringData: Readonly<Record<string, string>>,
  consent: object,
): Promise<void> {
  await client.delete(secrets, name).catch((error: unknown) => {
    if (!isStoreError(error, "NotFound")) throw error;
  });
  await client.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name, ...consent }, stringData });
}
