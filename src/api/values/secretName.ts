import { z } from "zod";

/** Name of a Secret, with the characters that Kubernetes allows. So it is also a safe folder name. */
export const SecretName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, {
    error: (issue) => `expected the name of a Secret, found ${JSON.stringify(issue.input)}`,
  });
