import type { BuilderPool } from "../../api/objects/pool.ts";
import type { LogStore } from "../../logs/logStore.ts";
import { createHttpLogStore } from "../../logs/stores/http.ts";
import type { BucketKeys } from "../../logs/stores/s3.ts";
import { createS3LogStore } from "../../logs/stores/s3.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import type { Clock } from "../../system/clock.ts";
import { type GrantedToken, requestToken } from "../credential/trade.ts";
import { fetchSecret, textIn } from "./secrets.ts";

/** Inputs of `createHostLogStore`. */
export interface HostLogsWorld {
  readonly client: Pick<KubernetesClient, "get" | "create">;
  /** Name of the account of this host. */
  readonly account: string;
  /** The current pool. Its log store may change at any time. */
  readonly pool: () => BuilderPool | undefined;
  readonly clock: Pick<Clock, "now" | "monotonic">;
}

/** Lifetime of a token for the log service, in seconds. It is requested again after half of it. */
const lifetime = 3600;

/** The log store of a pool for an outside host: its bucket, or the log service at its address for hosts. */
export function createHostLogStore(world: HostLogsWorld): LogStore {
  const tokens = createServiceTokens(world);
  let last: LogStore | undefined;
  const presentStore = (): LogStore | undefined => {
    const pool = world.pool();
    const { s3, url } = pool?.spec.logs ?? {};
    if (s3 !== undefined) return createS3LogStore({ s3, url, keys: () => bucketKeys(world.client, s3.secretRef.name) });
    const service = pool?.status?.hostLogs;
    if (service === undefined) return undefined;
    return createHttpLogStore({ putUrl: service.url, url: service.url, token: () => tokens(service.audience) });
  };
  /** Keeps the last known store while the pool has none: a verdict must have the address of its log. */
  function storeOf(): LogStore {
    last = presentStore() ?? last;
    if (last === undefined) throw new Error(missingAddress);
    return last;
  }
  return {
    put: async (path, body, contentType) => await storeOf().put(path, body, contentType),
    url: (path) => storeOf().url(path),
    expire: async () => 0,
  };
}

const missingAddress =
  "the status of the pool has no address of the log service for hosts: set it in the chart, and logs follow";

async function bucketKeys(client: HostLogsWorld["client"], name: string): Promise<BucketKeys> {
  const keys = await fetchSecret(client, { name, field: "spec.logs.s3.secretRef", use: "bucket" });
  const key = (field: string) => {
    const text = textIn(keys, field);
    if (text === undefined) throw new Error(`the Secret "${name}" of the log bucket has no key ${field}`);
    return text;
  };
  return { accessKeyId: key("accessKeyId"), secretAccessKey: key("secretAccessKey") };
}

/** Requests tokens for the log service. No other service accepts them. */
function createServiceTokens({ client, account, clock }: HostLogsWorld): (audience: string) => Promise<string> {
  let last: { readonly audience: string; readonly granted: GrantedToken; readonly at: number } | undefined;
  return async (audience) => {
    const half = last === undefined ? 0 : (last.granted.expiresAt - last.granted.issuedAt) / 2;
    const isFresh = last?.audience === audience && clock.monotonic() - last.at < half;
    if (last === undefined || !isFresh) {
      const granted = await requestToken(client, { account, audience, seconds: lifetime });
      last = { audience, granted, at: clock.monotonic() };
    }
    return last.granted.token;
  };
}
