import { z } from "zod";

const Cidr = z.string().regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/, "expected addresses such as 192.0.2.0/24");
const Port = z.int().min(1).max(65535);

/** Addresses that builders may reach, with ports. No ports means all ports. */
export const EgressTarget = z.strictObject({
  cidr: Cidr,
  except: z.array(Cidr).optional(),
  ports: z
    .array(
      z.strictObject({ port: Port, endPort: Port.optional(), protocol: z.enum(["TCP", "UDP", "SCTP"]).optional() }),
    )
    .optional(),
});
export type EgressTarget = z.infer<typeof EgressTarget>;

/** Addresses at which clouds serve the credentials of a node to every process on it. */
const nodeCredentials = [
  { address: "169.254.169.254", cidr: "169.254.169.254/32" },
  { address: "fd00:ec2::254", cidr: "fd00:ec2::254/128" },
] as const;

/** All addresses, in both families. */
const anywhere: readonly EgressTarget[] = [{ cidr: "0.0.0.0/0" }, { cidr: "::/0" }];

/** The DNS servers of a cluster: pods of any namespace, or a cache on the node. */
const dns = {
  to: [{ namespaceSelector: {} }, { ipBlock: { cidr: "169.254.20.10/32" } }],
  ports: [53, 5353].flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }))),
};

/** The pods of the log service, in the namespace of the pool. */
const logService = {
  to: [
    {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "builderpool", "app.kubernetes.io/component": "logs" } },
    },
  ],
  ports: [{ protocol: "TCP", port: 8080 }],
};

/**
 * The egress rules of builders. Without targets every address is open. With targets only they are, and DNS and the log
 * service. The credentials of nodes are closed in both cases.
 */
export function egressRulesOf(targets: readonly EgressTarget[] = []): readonly object[] {
  if (targets.length === 0) return [{ to: anywhere.map(peerOf) }];
  return [
    dns,
    logService,
    ...targets.map((target) => ({
      to: [peerOf(target)],
      ...(target.ports && { ports: target.ports.map((port) => ({ protocol: "TCP", ...port })) }),
    })),
  ];
}

function peerOf({ cidr, except = [] }: EgressTarget): object {
  const closed = nodeCredentials.filter(({ address }) => contains(cidr, address)).map((node) => node.cidr);
  const all = [...new Set([...except, ...closed])];
  return { ipBlock: { cidr, ...(all.length > 0 && { except: all }) } };
}

function contains(cidr: string, address: string): boolean {
  const [network = "", prefix = ""] = cidr.split("/");
  const [a, b] = [bitsOf(network), bitsOf(address)];
  return a.length === b.length && a.slice(0, Number(prefix)) === b.slice(0, Number(prefix));
}

/** The 32 or 128 bits of an address, as text. */
function bitsOf(address: string): string {
  if (!address.includes(":"))
    return address
      .split(".")
      .map((part) => binary(Number(part), 8))
      .join("");
  const [head = "", tail] = address.split("::").map((side) => side.split(":").filter(Boolean).map(groupBits).join(""));
  return tail === undefined ? head : head.padEnd(128 - tail.length, "0") + tail;
}

/** The 16 bits of a group, or the 32 bits of an IPv4 address at the end of an IPv6 address. */
function groupBits(group: string): string {
  return group.includes(".") ? bitsOf(group) : binary(Number.parseInt(group, 16), 16);
}

function binary(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}
