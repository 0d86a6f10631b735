import { z } from "zod";

/** A number of bytes. */
export type Bytes = number;

const units = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
} as const;

/** Regular expression of a Quantity, for the generated definitions. */
export const quantityPattern = "^[0-9]+(\\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$";

/** A number of bytes in Kubernetes notation: `20M`, `100Gi`, `5368709120`. */
export const Quantity = z
  .string()
  .max(32)
  .regex(new RegExp(quantityPattern), {
    error: (issue) => `expected a quantity of bytes such as 20M or 100Gi, found ${JSON.stringify(issue.input)}`,
  });
export type Quantity = z.infer<typeof Quantity>;

/** Converts a Quantity to bytes, rounded down. Throws RangeError on text that the schema refuses. */
export function bytes(quantity: Quantity): Bytes {
  const match = /^(?<amount>[0-9]+(?:\.[0-9]+)?)(?<unit>k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(quantity);
  if (match === null) throw new RangeError(`not a quantity: ${JSON.stringify(quantity)}`);
  return Math.floor(Number(match.groups?.["amount"]) * units[(match.groups?.["unit"] ?? "") as keyof typeof units]);
}
