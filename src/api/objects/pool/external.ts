import { z } from "zod";
import { HostName } from "../../values/hostName.ts";

/** The outside hosts of a pool. */
export const External = z
  .object({
    names: z
      .array(HostName)
      .max(200)
      .default([])
      .describe(
        "Names of the outside hosts, one for each builder. Lower-case letters, digits and dashes; the end is not a dash and digits. `builderpool join NAME` lets the host join. A host whose name is removed drains, then its Builder is deleted.",
      ),
  })
  .strict();
