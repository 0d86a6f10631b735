/** Brain and hands are different users of one group: what one must not touch of the other's is theirs alone. */
export const builderUser = 65001;
export const cellUser = 65002;
export const sharedGroup = 65000;

/** Of the whole pod, in the words of the `restricted` Pod Security standard. */
export const podSecurity = {
  runAsNonRoot: true,
  // Of the pod's sandbox: older runtimes start none that has a group and no user. Each container names its own.
  runAsUser: builderUser,
  runAsGroup: sharedGroup,
  fsGroup: sharedGroup,
  // A work area holds millions of files: to hand over all of them at each start would take longer than the warm-up.
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

/** Of one container: no rights, and nothing to write but what is mounted. */
export function containerSecurityOf(user: number): object {
  return {
    runAsUser: user,
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
}
