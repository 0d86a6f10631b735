import { revisionLabel } from "../../../../api/objects/group.ts";
import type { BuilderPool } from "../../../../api/objects/pool.ts";
import { drainLimit } from "../../rollout/removal.ts";
import type { Setting } from "../manifest.ts";
import { accountNameOf, labelsOf } from "../owned.ts";
import { baseCell, buildCell } from "./capsule.ts";
import { builderContainer, builderContainerOf, capsuleContainerOf, cellContainerOf } from "./containers.ts";
import { volumesOf } from "./mounts.ts";
import { podSecurity } from "./security.ts";

/** The pod template of a StatefulSet. */
export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: object;
}

/** The pod of a builder: the builder and its two cells, which share only volumes and sockets. */
export function podTemplateOf(pool: BuilderPool, setting: Setting, revision: string): PodTemplate {
  const { spec, metadata } = pool;
  const { nodeSelector, tolerations, affinity, runtimeClassName, annotations = {} } = spec.template ?? {};
  return {
    metadata: {
      labels: { ...labelsOf(metadata.name), [revisionLabel]: revision },
      annotations: { ...annotations, "kubectl.kubernetes.io/default-container": builderContainer },
    },
    spec: {
      serviceAccountName: accountNameOf(metadata.name),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(setting.userNamespaces === true && { hostUsers: false }),
      securityContext: podSecurity,
      terminationGracePeriodSeconds: Math.ceil(drainLimit(spec.update) / 1000),
      initContainers: [
        capsuleContainerOf(setting),
        cellContainerOf(baseCell, pool, setting),
        cellContainerOf(buildCell, pool, setting),
      ],
      containers: [builderContainerOf(pool, setting, revision)],
      volumes: volumesOf(spec, setting),
      ...(setting.pullSecrets.length > 0 && { imagePullSecrets: setting.pullSecrets.map((name) => ({ name })) }),
      ...(nodeSelector !== undefined && { nodeSelector }),
      ...(tolerations !== undefined && { tolerations }),
      ...(affinity !== undefined && { affinity }),
      ...(runtimeClassName !== undefined && { runtimeClassName }),
    },
  };
}
