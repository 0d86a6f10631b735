import { z } from "zod";

/** A list of parts of a Kubernetes object. */
export const list = (description: string) =>
  z.array(z.record(z.string(), z.unknown())).default([]).describe(description);

const port = z.int().min(1).max(65535);

const targets = (description: string) =>
  z
    .array(
      z.strictObject({
        cidr: z
          .string()
          .regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/)
          .describe("Addresses, such as 192.0.2.0/24."),
        except: z
          .array(z.string().regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/))
          .optional()
          .describe("Addresses inside `cidr` that stay closed."),
        ports: z
          .array(
            z.strictObject({
              port: port.describe("Port."),
              endPort: port.optional().describe("Last port of a range."),
              protocol: z.enum(["TCP", "UDP", "SCTP"]).optional().describe("Protocol. Default: TCP."),
            }),
          )
          .optional()
          .describe("Ports. Default: all ports."),
      }),
    )
    .default([])
    .describe(description);

/** NetworkPolicies of all pods. */
export const Network = z
  .strictObject({
    policies: z
      .boolean()
      .default(true)
      .describe("Whether operator and log service get a NetworkPolicy. Builders always get one."),
    egress: targets(
      "Addresses that builders may reach: git, registries, tarball stores, buckets, proxies. Empty: all addresses except the credentials of nodes. DNS, the log service and `apiServer` are always added.",
    ),
    apiServer: targets(
      "Addresses of the API server (`kubectl get endpointslices -n default`). Required with `egress`. Empty: operator and log service may reach ports 443 and 6443 everywhere.",
    ),
    github: targets(
      "Addresses of GitHub, or of the proxy, for the operator. Empty: port 443 and the ports of `proxy` everywhere.",
    ),
    metricsFrom: list(
      "Sources of requests for metrics of operator and log service, as in a NetworkPolicy. Empty: all.",
    ),
  })
  .prefault({})
  .describe("NetworkPolicies. A network plugin without policies ignores them.");

const proxyAddress = (description: string) =>
  z
    .string()
    // Without user and password: every build can read the address.
    .regex(/^(https?:\/\/[^\s/@]+\/?)?$/)
    .default("")
    .describe(description);

/** Proxy of the site. */
export const SiteProxy = z
  .strictObject({
    https: proxyAddress("Proxy for https addresses, such as http://proxy.example.org:3128. Without a password."),
    http: proxyAddress("Proxy for http addresses."),
    noProxy: z
      .array(z.string().regex(/^[^\s,]+$/))
      .default([])
      .describe(
        "More names and addresses to reach without the proxy, such as .example.org. API server, log service and names of the cluster are always among them.",
      ),
  })
  .prefault({})
  .describe("Proxy of the site, for operator, log service, builders and builds. Applies to new pods of builders.");
