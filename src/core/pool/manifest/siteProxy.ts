import { z } from "zod";

/** A proxy without user and password: every build can read the address. */
const ProxyAddress = z.string().regex(/^https?:\/\/[^\s/@]+\/?$/, "expected an address such as http://proxy:3128");

/** Proxy of a site. */
export const SiteProxy = z.strictObject({
  https: ProxyAddress.optional(),
  http: ProxyAddress.optional(),
  noProxy: z.array(z.string().min(1)).default([]),
});
export type SiteProxy = z.infer<typeof SiteProxy>;
