import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stored } from "../../api/objects/kinds.ts";
import type { JoinCode } from "../../core/host/joinCode.ts";
import { isStoreError } from "../../store/error.ts";
import { createKubernetesClient } from "../../store/kubernetes/http/kubernetesClient.ts";
import { createKubernetesStore } from "../../store/kubernetes/kubernetes.ts";
import { accessByFolder } from "../../store/kubernetes/pod.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import type { ProxyVariables } from "../../system/proxy.ts";
import { type GrantedToken, publishedAuthority, requestToken } from "../credential/trade.ts";
import { writeCredential } from "../state/credential.ts";

/** What the cluster gave to a host that enrols. */
export interface Enrolled {
  readonly granted: GrantedToken;
  readonly authority: string;
  readonly pool: Stored<"BuilderPool">;
}

/** Largest difference to the clock of the server, in milliseconds. */
const clockTolerance = 5 * 60_000;
const setClock =
  "set the clock (macOS: sudo sntp -sS time.apple.com; Linux: timedatectl set-ntp true), then enrol again";
/** Milliseconds to wait for the log service. */
const reachLimit = 10_000;

/**
 * Trades the token of the code for the token of the host, and checks clock and log service. Changes nothing on this
 * machine. Throws an Error for people.
 */
export async function tradeCode(
  code: JoinCode,
  account: string,
  { clock, log, proxy }: { readonly clock: Clock; readonly log: Log; readonly proxy: ProxyVariables | undefined },
): Promise<Enrolled> {
  const folder = await mkdtemp(join(tmpdir(), "builderpool-enrol-"));
  try {
    await writeCredential(folder, code, clock);
    const access = accessByFolder({ server: new URL(code.server), folder, clock, proxy });
    const client = createKubernetesClient(access);
    try {
      const granted = await requestToken(client, { account });
      checkClock(granted.issuedAt, clock.now());
      const authority = code.authority === "" ? "" : `${code.authority}\n${await publishedAuthority(client)}`;
      const pool = await createKubernetesStore({ client, clock, log }).get("BuilderPool", code.pool);
      if (pool === undefined)
        throw new Error(`pool "${code.pool}" no longer exists; run \`builderpool join ${code.name}\` for another pool`);
      await checkLogs(pool);
      return { granted, authority, pool };
    } finally {
      access.agent.destroy();
    }
  } catch (error) {
    throw isStoreError(error) ? new Error(refusalOf(error, code, clock.now()), { cause: error }) : error;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function refusalOf(error: Error, { server, name, namespace }: JoinCode, now: number): string {
  const again = `run \`builderpool join ${name} -n ${namespace} --again\``;
  if (isStoreError(error, "Unauthorized"))
    return `${server} refuses the join code of "${name}", because it expired or was replaced; ${again}`;
  if (isStoreError(error, "Forbidden"))
    return `${server} gives the account of "${name}" too few rights; wait for the operator, then ${again} (${error.message})`;
  if (isStoreError(error, "NotFound"))
    return `${server} has no account for "${name}"; wait for the operator, then ${again}`;
  const { message } = error;
  if (/certificate (is not yet valid|has expired)/i.test(message))
    return `the certificate of ${server} is not valid at the time of this machine, ${new Date(now).toISOString()}; ${setClock} (${message})`;
  if (/certificate|self-signed|issuer|altname/i.test(message))
    return `${server} has another authority than the join code, so this may be another cluster; check the address, then ${again} (${message})`;
  return `${server} cannot be reached from this machine; check address, network, proxy and firewall (${message})`;
}

function checkClock(issuedAt: number, now: number): void {
  const minutes = Math.round((now - issuedAt) / 60_000);
  if (Math.abs(now - issuedAt) <= clockTolerance) return;
  const side = minutes > 0 ? "ahead of" : "behind";
  throw new Error(`the clock of this machine is ${Math.abs(minutes)} min ${side} the cluster; ${setClock}`);
}

/** Without its log store, a host would build and could give no verdict. */
async function checkLogs({ metadata, spec, status }: Stored<"BuilderPool">): Promise<void> {
  const address = spec.logs.s3?.endpoint ?? status?.hostLogs?.url;
  if (address === undefined)
    throw new Error(
      `pool "${metadata.name}" has no log service that hosts can reach; set its address for hosts in the chart, or use spec.logs.s3`,
    );
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(reachLimit), redirect: "manual" });
    await answer.body?.cancel();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Error(
      `the log service of pool "${metadata.name}" cannot be reached at ${address}; check network, proxy and firewall (${messageOf(cause)})`,
    );
  }
}
