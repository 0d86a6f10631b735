import { z } from "zod";
import { Address, GitAddress } from "../../values/address.ts";
import { Duration } from "../../values/duration.ts";
import { SecretName } from "../../values/secretName.ts";

/** Access of a pool to GitHub. */
export const GitHub = z
  .object({
    secretRef: z
      .object({ name: SecretName.describe("Name of the Secret.") })
      .strict()
      .optional()
      .describe("Secret with `token`, or with `appId`, `installationId` and `privateKey`. Only the operator reads it."),
    gitSecretRef: z
      .object({ name: SecretName.describe("Name of the Secret.") })
      .strict()
      .optional()
      .describe(
        "Secret with a read-only `token` to fetch private repositories from `gitUrl`, and `username` if the server wants a certain one. Only builders read it, never a build.",
      ),
    apiUrl: Address.default("https://api.github.com").describe(
      "Base address of the REST API. GraphQL is at `<apiUrl>/graphql`; for GitHub Enterprise `…/api/v3` becomes `…/api/graphql`.",
    ),
    gitUrl: GitAddress.default("https://github.com").describe(
      "Base address for cloning `owner/repository`. Logs and result pages show this address.",
    ),
    pollInterval: Duration.default("60s").describe(
      "Interval between two listings of a repository and branch. All checks share one listing.",
    ),
  })
  .strict();
