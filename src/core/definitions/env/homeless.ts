/** Variables without a field of a check, and what becomes of each. */
const fates: Readonly<Record<string, string>> = {
  CI_NAME: "is not needed: pool and check have names",
  BUILD_SUFFIX: "is not needed: ali-bot ignored it too",
  BRANCH_REMOTE_STORE: "is not needed: only pull requests are built",
  DOCKER_EXTRA_ARGS:
    "is left out: builds run in a pod; give the pool spec.template.volumes and volumeMounts, such as an emptyDir of medium Memory on /dev/shm",
  INSTALL_ALIBOT: "is not needed: nothing of ali-bot is installed",
  INSTALL_ALIDIST: "is not needed: alidist is a development package",
  REQUIRES_POOL:
    "is left out: move the check to a pool of its own with spec.template.nodeSelector for the hardware it needs",
  ONLY_PRS: "is left out: a check builds every pull request; make it silent until it is ready for all",
  TASK_PRIORITY: "is left out: the label ci-priority decides what is urgent",
  POOL_PRIORITY: "is left out: move the check to the pool that shall build it",
  TAG_REGEX: "is left out: release tags are not built",
  RELEASE_LOOKBACK_DAYS: "is left out: release tags are not built",
};

/** Undefined for a variable that ali-bot does not know either. */
export function fateOf(variable: string): string | undefined {
  return Object.hasOwn(fates, variable) ? fates[variable] : undefined;
}
