import { z } from "zod";

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const label = "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?";
/** A name ends with a label that begins with a letter: programs read a bare number as an address. */
const name = "[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?";
/** Zones that no public name server knows: of a cluster, of RFC 6761, 6762 (appendix G) and 8375, and of ICANN. */
const privateZones = "svc|corp|home|home\\.arpa|internal|intranet|lan|local|localdomain|localhost|private|test";
/** Hosts that may be reached without TLS: loopback, and names and addresses of private networks. */
const insideHosts = [
  name,
  `(${label}\\.)+(${privateZones})`,
  `(127|10)(\\.${octet}){3}`,
  `(192\\.168|172\\.(1[6-9]|2[0-9]|3[01]))(\\.${octet}){2}`,
  "\\[(::1|[fF][cCdD][0-9a-fA-F:]+)\\]",
].join("|");
/** Without user name, password, and backslash: programs disagree about the host after a backslash. */
const anyHost = `((${label}\\.)*${name}|${octet}(\\.${octet}){3}|\\[[0-9a-fA-F:.]+\\])`;
const port = "(:[0-9]{1,5})?";
const path = "(/[^\\s?#\\\\\\x00-\\x1f\\x7f]*)?";
const queryless = (host: string) => `${host}${port}${path}`;
const web = `https://${queryless(anyHost)}|http://${queryless(`(${insideHosts})`)}`;

const expectation =
  "https, or http on this machine, inside the cluster or in a private zone such as .internal, without a user name or password";

/**
 * A type of addresses. `pattern` and `meaning` also make the rule of the API server: a pattern alone explains nothing.
 */
interface AddressRule {
  readonly pattern: string;
  readonly meaning: string;
}

const rule = (pattern: string, meaning: string): AddressRule => ({ pattern: `^(${pattern})$`, meaning });

function typeOf({ pattern, meaning }: AddressRule) {
  const expected = new RegExp(pattern);
  return z
    .string()
    .max(500)
    .refine((text) => expected.test(text) && hasReadableHost(text), {
      error: ({ input }) => `expected ${meaning}, found ${JSON.stringify(withoutUser(String(input)))}`,
    });
}

/** A pattern cannot tell whether an address in brackets is an address of IPv6. */
function hasReadableHost(text: string): boolean {
  return !/^https?:/.test(text) || URL.canParse(text.replace(/::rw$/, ""));
}

/** The address with stars for a user name and password: messages are public. */
function withoutUser(address: string): string {
  return address.replace(/^([^/@]*:\/\/)?.*@/s, "$1***@");
}

/** Pattern and meaning of `Address`. */
export const addressRule = rule(web, `an address with ${expectation}`);
/** Address of a server, without query and fragment. */
export const Address = typeOf(addressRule);

/** Pattern and meaning of `GitAddress`. */
export const gitAddressRule = rule(
  `${web}|file:///[^\\s?#\\\\\\x00-\\x1f\\x7f]*`,
  `an address with ${expectation}, or file:///path`,
);
/** Base address of git repositories, or a folder of this machine as `file:///path`. */
export const GitAddress = typeOf(gitAddressRule);

const free = "@:\\\\\\x00-\\x1f\\x7f";
const stores = "(s3|b3|cvmfs|rsync)://[^\\s@\\\\\\x00-\\x1f\\x7f]+";
/** A path, or `host:path` as rsync reads it. Not `word://`, and no leading dash: aliBuild would read an option. */
const place = `([A-Za-z0-9._-]+@)?[^-/\\s${free}][^${free}]*(:/?[^/${free}][^${free}]*)?|/[^${free}]*`;

/** Pattern and meaning of `RemoteStore`. */
export const remoteStoreRule = rule(
  `(${web}|${stores}|${place})?(::rw)?`,
  `a store with ${expectation}; or s3://, b3://, cvmfs://, rsync://, host:path or a path`,
);
/**
 * Store of tarballs as aliBuild reads it: a web address, `s3://`, `b3://`, `cvmfs://`, `rsync://`, `host:path` of rsync
 * or a path. `::rw` at the end allows writing.
 */
export const RemoteStore = typeOf(remoteStoreRule);
