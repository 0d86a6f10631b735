import { z } from "zod";

/** Largest length of a pool name. A longer name leaves no room for the suffixes in the labels of its pods. */
export const longestPoolName = 50;

/** Regular expression of a pool name. */
export const poolNamePattern = `^[a-z]([-a-z0-9]{0,${longestPoolName - 2}}[a-z0-9])?$`;

/** Name of a pool: lower-case letters, digits and dashes. Begins with a letter, ends with a letter or a digit. */
export const PoolName = z.string().regex(new RegExp(poolNamePattern), {
  error: (issue) =>
    `expected a pool name of at most ${longestPoolName} lower-case letters, digits and dashes that begins with a letter, found ${JSON.stringify(issue.input)}`,
});
export type PoolName = z.infer<typeof PoolName>;
