import { z } from "zod";

/** An http or https address without query and fragment. */
export const Url = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, {
    error: (issue) => `expected an http or https address, found ${JSON.stringify(issue.input)}`,
  });
