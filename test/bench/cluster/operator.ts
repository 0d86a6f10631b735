import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { bundle, programs } from "../../../scripts/build/bundle.ts";
import { type OperatorProcess, startBinary } from "../../cluster/support/binary.ts";
import type { Installation, User } from "../../cluster/support/installation.ts";

const root = resolve(import.meta.dirname, "../../..");

const Costs = z.object({
  busyMs: z.number(),
  lateMs: z.number(),
  cpuMs: z.number(),
  rssMb: z.number(),
  heapMb: z.number(),
});

export interface MeasuredOperator extends OperatorProcess {
  /** Current costs. `busyMs` and `lateMs` are the maxima since the last call. */
  costs(): Promise<z.infer<typeof Costs>>;
  /** Peak resident memory in megabytes. */
  peakMb(): number;
}

export type StartOperator = (place: Installation, name: string) => Promise<MeasuredOperator>;

/** Shows a program its service account at the kubelet's path, in a separate mount namespace. */
const inPod = `mount -t tmpfs tmpfs /run && mkdir -p /run/secrets/kubernetes.io &&
  ln -s "$1" /run/secrets/kubernetes.io/serviceaccount && shift && exec "$@"`;

/**
 * Starts the operator as its pod does: one bundle in `folder`, the flags and environment of the image, and a service
 * account.
 */
export async function bundledOperator(folder: string): Promise<StartOperator> {
  await bundle(join(root, programs.operator), "operator", folder);
  await bundle(join(import.meta.dirname, "gauge.ts"), "gauge", folder);
  const { flags, environment } = imageSettings();
  const node = [process.execPath, ...flags, "--import", join(folder, "gauge.mjs"), join(folder, "operator.mjs")];
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  return async (place, name) => {
    const { account, host, port } = accountOf(place.operator, mkdtempSync(join(folder, "account-")));
    const operator = await startBinary(
      place,
      name,
      { ...environment, KUBECONFIG: undefined, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port },
      ["unshare", "--mount", ...asRoot, "sh", "-c", inPod, "sh", account, ...node],
    );
    return {
      ...operator,
      async costs() {
        operator.child.send("costs");
        const [answer] = await once(operator.child, "message");
        return Costs.parse(answer);
      },
      peakMb: () => kilobytes(operator.pid, "VmHWM") / 1000,
    };
  };
}

function accountOf({ kubeconfig }: User, account: string) {
  const { clusters, users } = parse(readFileSync(kubeconfig, "utf8"));
  const { server, "certificate-authority-data": authority } = clusters[0].cluster;
  writeFileSync(join(account, "token"), users[0].user.token);
  writeFileSync(join(account, "ca.crt"), Buffer.from(authority, "base64"));
  writeFileSync(join(account, "namespace"), "default");
  const { hostname: host, port } = new URL(server);
  return { account, host, port };
}

/** Flags and environment of the operator in the Dockerfile. */
function imageSettings() {
  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8").replaceAll("\\\n", "");
  const stage = /^FROM scratch AS operator\n(.*?)^ENTRYPOINT (\[[^\n]*\])$/ms.exec(dockerfile);
  const [, body = "", entry = "[]"] = stage ?? [];
  const variables = [...body.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = ""]) => line.trim().split(/ +/));
  const pairs = variables.map((variable) => variable.split("=")).filter(([name]) => name !== "PATH");
  return {
    flags: z.array(z.string()).parse(JSON.parse(entry)).slice(1, -1),
    environment: Object.fromEntries(pairs) as Record<string, string>,
  };
}

function kilobytes(pid: number, field: string): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
