import { hostTokenSeconds } from "../pool/host/account.ts";
import type { AdmissionRules } from "./admissionRules.ts";

/** The parts of an installation that the rules for token requests name. */
export interface TokenOptions {
  /** Name of the operator's ServiceAccount. */
  readonly operator: string;
  /** Audience of the tokens that the log service accepts. */
  readonly logsAudience: string;
  /** Audiences of the API server as items of a CEL list, each with a comma at its end: `'https://a','b',`. */
  readonly apiAudiences: string;
}

/**
 * The rules for token requests. Kubernetes lets an account with this right ask for a token of any lifetime, audience
 * and binding. The operator holds the right only to grant it to hosts, so it may not use it.
 */
export function tokenRules({ operator, logsAudience, apiAudiences }: TokenOptions): AdmissionRules {
  const operatorUser = `'system:serviceaccount:' + request.namespace + ':${operator}'`;
  return {
    kind: "tokens",
    apiGroup: "",
    resource: "serviceaccounts/token",
    alsoFor: `request.userInfo.username == ${operatorUser}`,
    rules: [
      {
        holds: "variables.isHost && request.name == variables.account",
        message: "only a host outside the cluster requests tokens, and only for its own account",
      },
      {
        holds: `object.spec.expirationSeconds <= ${hostTokenSeconds}`,
        message: "a host requests tokens for at most 30 days: set spec.expirationSeconds to 2592000 or less",
      },
      {
        holds: "object.spec.?boundObjectRef.orValue(null) == null",
        message: "the token of a host is bound to its account and to no other object: remove spec.boundObjectRef",
      },
      {
        // The API server has replaced absent audiences by its own.
        holds: [
          "object.spec.?audiences.orValue(null) == null",
          `object.spec.audiences == ['${logsAudience}']`,
          `object.spec.audiences.all(audience, audience in [${apiAudiences}])`,
        ].join(" || "),
        message: `a host requests tokens for the API server (no spec.audiences) or for the log service (${logsAudience}); if this API server has another audience, add it to the chart value hosts.apiAudiences`,
      },
    ],
  };
}
