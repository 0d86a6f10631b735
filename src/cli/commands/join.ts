import { z } from "zod";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { type JoinCode, writeJoinCode } from "../../core/host/joinCode.ts";
import { joinCommandOf } from "../../core/host/joinCommand.ts";
import { hostAccountOf } from "../../core/pool/host/account.ts";
import { machineOf } from "../../core/pool/host/machines.ts";
import { isStoreError } from "../../store/error.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { type Cluster, withCluster } from "../place/cluster.ts";
import { unknownHost } from "../place/hosts.ts";
import type { Place } from "../place/place.ts";

export interface JoinOptions {
  readonly pool?: string;
  readonly again?: boolean;
  /** Address of the API server for the host, if the host reaches it elsewhere than this machine. */
  readonly server?: string;
}

interface Output {
  /** Only the code. */
  readonly stdout: (text: string) => void;
  /** Progress and hints. */
  readonly stderr: (text: string) => void;
}

const accounts = { apiVersion: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };
/** Lifetime of a code, in seconds. */
const codeSeconds = 15 * 60;
/** Longest wait for the operator. */
const patience: Milliseconds = 60_000;

const Token = z.object({ status: z.object({ token: z.string(), expirationTimestamp: z.string() }) });

/**
 * `builderpool join`: prints a code with which a host gets the credential of its Builder. Waits until the operator has
 * created the account. With `again`, the account is renewed first, which ends the credential of the earlier machine.
 */
export async function joinCommand(name: string, options: JoinOptions, place: Place, output: Output): Promise<void> {
  if (place.kind === "Machine")
    throw new CommandError(
      exitCodes.usage,
      "hosts join a cluster: name one with --namespace, --context or --kubeconfig",
    );
  await withCluster(place, async (cluster) => {
    try {
      await join(name, options, cluster, output);
    } catch (error) {
      if (!isStoreError(error, "Forbidden")) throw error;
      const help = `joining a host needs the ClusterRole edit in the namespace "${cluster.client.namespace}"`;
      throw new CommandError(exitCodes.failed, `${error.message}; ${help}`);
    }
  });
}

async function join(name: string, options: JoinOptions, cluster: Cluster, { stdout, stderr }: Output): Promise<void> {
  const { client } = cluster;
  const { namespace } = client;
  const authority = verified(cluster);
  const builder = await builderOf(name, options.pool, cluster, stderr);
  const { pool } = builder.spec;
  const account = await accountOf(builder, cluster, stderr);
  const machine = machineOf(builder);
  if (options.again === true) {
    await client.delete(accounts, hostAccountOf(name, pool), { uid: account });
    stderr(`the earlier credential of "${name}" ends within about 10 s\n`);
    await accountOf(builder, cluster, stderr, account);
  } else if (builder.status?.podUid === account || machine?.account === account) {
    const found = machine === undefined ? "" : ` (machine ${machine.machine.slice(0, 8)})`;
    throw new CommandError(
      exitCodes.failed,
      `"${name}" has joined already${found}; if that machine was reinstalled or replaced, run \`${joinCommandOf(name, namespace)} --again\`: its present credential then ends`,
    );
  }
  const request = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: hostAccountOf(name, pool) },
    spec: { expirationSeconds: codeSeconds },
  };
  const { token, expirationTimestamp: expiresAt } = Token.parse(await client.create(accounts, request, "token")).status;
  const server = options.server ?? cluster.access.server.href.replace(/\/+$/, "");
  stdout(`${codeOf({ server, authority, namespace, pool, name, token, expiresAt })}\n`);
  if (isLoopback(server))
    stderr(`only this machine reaches the API server at ${server}: give the address for the host with --server\n`);
  // sudo over ssh has a short PATH.
  const [more, enrol] = options.again
    ? [" --again", "/usr/local/bin/builderpool agent enrol -"]
    : ["", "sh builderpool-agent.mjs agent enrol - --cell-user USER --work-dir FOLDER"];
  stderr(
    `the code is a secret until ${expiresAt}; on the host, type it into: sudo ${enrol}\nin one step: ${joinCommandOf(name, namespace)}${more} | ssh ${name} sudo ${enrol}\n`,
  );
}

/** The authority that verifies the API server. A host must not join through an unverified connection. */
function verified({ access }: Cluster): string {
  if (access.authority !== undefined) return access.authority;
  throw new CommandError(
    exitCodes.usage,
    "the kubeconfig does not verify the API server (insecure-skip-tls-verify), so the host could not either: set certificate-authority instead",
  );
}

function codeOf(code: JoinCode): string {
  try {
    return writeJoinCode(code);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const { path, message } = error.issues[0] ?? { path: [], message: "" };
    throw new CommandError(exitCodes.usage, `no code for this cluster: ${path.join(".")}: ${message}`);
  }
}

/** The Builder of the host. Waits for the operator if a pool names the host. */
async function builderOf(
  name: string,
  pool: string | undefined,
  { store }: Cluster,
  progress: Output["stderr"],
): Promise<Stored<"Builder">> {
  const read = async () => {
    const builder = await store.get("Builder", name);
    if (builder?.spec.external === true && builder.metadata.deletionTimestamp === undefined) return builder;
    const pools = await store.list("BuilderPool");
    if (!pools.some(({ spec }) => spec.external?.names.includes(name))) throw await unknownHost(store, name);
    return undefined;
  };
  const builder = await awaited(`the Builder "${name}"`, read, progress);
  if (pool !== undefined && pool !== builder.spec.pool)
    throw new CommandError(exitCodes.usage, `"${name}" is a host of the pool "${builder.spec.pool}", not of "${pool}"`);
  return builder;
}

/** The UID of the account that belongs to this Builder. With `before`, waits for another UID. */
function accountOf(
  { metadata: { name, uid }, spec }: Stored<"Builder">,
  { client }: Cluster,
  progress: Output["stderr"],
  before?: string,
): Promise<string> {
  const account = hostAccountOf(name, spec.pool);
  const read = async () => {
    const found = await client.get(accounts, account);
    const isOwn = found?.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
    return isOwn && found?.metadata.uid !== before ? found?.metadata.uid : undefined;
  };
  return awaited(`the account "${account}"`, read, progress);
}

async function awaited<T>(what: string, read: () => Promise<T | undefined>, progress: Output["stderr"]): Promise<T> {
  const start = clock.monotonic();
  let isTold = false;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    const waited = clock.monotonic() - start;
    if (waited > patience)
      throw new CommandError(
        exitCodes.failed,
        `the operator has not created ${what} within ${patience / 1000} s; see its log, and: kubectl get builderpools`,
      );
    if (waited > 1_000 && !isTold) {
      isTold = true;
      progress(`waiting until the operator has created ${what}\n`);
    }
    await clock.sleep(250, new AbortController().signal);
  }
}

function isLoopback(server: string): boolean {
  return /^https?:\/\/(localhost|127\.|\[::1\])/.test(server);
}
