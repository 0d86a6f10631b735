/** User of the builder container. Builder and cells are different users of one group, so private files stay private. */
export const builderUser = 65001;
/** User of the cell that builds pull requests. */
export const cellUser = 65002;
/** User of the cell that builds base branches and installs tools. */
export const baseUser = 65003;
/** Group of all three. */
export const sharedGroup = 65000;

/** Security context of the pod, after the `restricted` Pod Security Standard. */
export const podSecurity = {
  runAsNonRoot: true,
  // User of the pod's sandbox: older runtimes refuse a group without a user. Each container sets its own user.
  runAsUser: builderUser,
  runAsGroup: sharedGroup,
  fsGroup: sharedGroup,
  // A work area holds millions of files. A change of their owner at each start would take longer than the warm-up.
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

/** Security context of a container: no capabilities, and a read-only root file system. */
export function containerSecurityOf(user: number): object {
  return {
    runAsUser: user,
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
}
