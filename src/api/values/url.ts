import { z } from "zod";

/** Address of a server, without query. */
export const Url = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, {
    error: (issue) => `expected an http or https address, found ${JSON.stringify(issue.input)}`,
  });
