import { secretAddressAnnotation, secretUseLabel } from "../../../src/api/objects/group.ts";
import type { SecretUse } from "../../../src/core/definitions/secretConsent.ts";

/** The metadata of a Secret that allows one use, and one address of a credential. */
export function consentTo(use: SecretUse, address?: string) {
  return {
    labels: { [secretUseLabel]: use },
    ...(address === undefined ? {} : { annotations: { [secretAddressAnnotation]: address } }),
  };
}
