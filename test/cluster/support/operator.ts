import type { Setting } from "../../../src/core/pool/manifest/manifest.ts";
import { startInCluster } from "../../../src/operator/cluster/start.ts";
import { StoreError } from "../../../src/store/error.ts";
import type { KubernetesClient, Resource } from "../../../src/store/kubernetes/client.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { setting as anySetting } from "../../unit/core/pool/manifest/setting.ts";
import type { Installation } from "./installation.ts";

export interface RunningOperator extends AsyncDisposable {
  /** Hides changes of pods: breaks the operator's watch of pods, and with "All" also its lists. */
  blind(how: "Watch" | "All"): void;
  /** Ends the hiding. */
  see(): void;
  /** All write requests, as `verb Kind/name`. */
  readonly writes: string[];
}

const logs = { put: async () => {}, url: (path: string) => path, expire: async () => 0 };

/** The operator in this process, with its own rights. */
export function runOperator(
  { operator }: Installation,
  { setting = anySetting }: { readonly setting?: Setting } = {},
): RunningOperator {
  const writes: string[] = [];
  const end = new AbortController();
  const log = createLog({ level: process.env["SHOW_LOG"] === undefined ? "silent" : "debug" });
  const sight = createSight();
  const client = sight.through(noting(operator.client, writes));
  const running = startInCluster({ client, setting, logs, clock, log, instance: "operator-0" }, end.signal);
  running.ended.catch(() => {});
  return {
    writes,
    blind: sight.blind,
    see: sight.see,
    async [Symbol.asyncDispose]() {
      end.abort();
      await running.ended;
    },
  };
}

/** A client with a switch for the operator's view of pods. */
function createSight() {
  let blindness: "Watch" | "All" | undefined;
  let blinded = new AbortController();
  const isPods = ({ kind }: Resource) => kind === "Pod";
  const dark = () => new StoreError("Unavailable", "a test keeps the operator from seeing pods");
  return {
    blind(how: "Watch" | "All") {
      blindness = how;
      blinded.abort(dark());
    },
    see() {
      blindness = undefined;
      blinded = new AbortController();
    },
    through(client: KubernetesClient): KubernetesClient {
      return {
        ...client,
        async list(resource, options, signal) {
          if (isPods(resource) && blindness === "All") throw dark();
          return client.list(resource, options, signal);
        },
        async *watch(resource, options, signal) {
          if (!isPods(resource)) return yield* client.watch(resource, options, signal);
          if (blindness !== undefined) throw dark();
          yield* client.watch(resource, options, AbortSignal.any([signal, blinded.signal]));
        },
      };
    },
  };
}

function noting(client: KubernetesClient, writes: string[]): KubernetesClient {
  return {
    ...client,
    create(resource, object, subresource) {
      writes.push(`create ${resource.kind}/${object.metadata.name}`);
      return client.create(resource, object, subresource);
    },
    update(resource, object, subresource) {
      writes.push(`update ${resource.kind}/${object.metadata.name}${subresource === undefined ? "" : " status"}`);
      return client.update(resource, object, subresource);
    },
    apply(resource, object, fieldManager, subresource) {
      writes.push(`apply ${resource.kind}/${object.metadata.name}`);
      return client.apply(resource, object, fieldManager, subresource);
    },
    merge(resource, name, patch, subresource) {
      writes.push(`merge ${resource.kind}/${name}`);
      return client.merge(resource, name, patch, subresource);
    },
    delete(resource, name, options) {
      writes.push(`delete ${resource.kind}/${name}`);
      return client.delete(resource, name, options);
    },
  };
}
