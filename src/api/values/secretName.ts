import { z } from "zod";

/** As Kubernetes allows it, so it is a good name of a folder too. */
export const SecretName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, {
    error: (issue) => `expected the name of a Secret, found ${JSON.stringify(issue.input)}`,
  });
