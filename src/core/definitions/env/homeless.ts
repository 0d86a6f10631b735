/** Variables without a field of a check, and how each is handled. */
const handling: Readonly<Record<string, string>> = {
  CI_NAME: "is not needed: the pool and the check have names",
  BUILD_SUFFIX: "is not needed: ali-bot ignored it too",
  BRANCH_REMOTE_STORE: "is not needed: only pull requests are built",
  DOCKER_EXTRA_ARGS:
    "is left out: builds run in a pod; set spec.template.volumes and volumeMounts, such as an emptyDir of medium Memory on /dev/shm",
  INSTALL_ALIBOT: "is not needed: ali-bot is not installed",
  INSTALL_ALIDIST: "is not needed: alidist is a development package",
  REQUIRES_POOL: "is left out: move the check to a separate pool with spec.template.nodeSelector for its hardware",
  ONLY_PRS: "is left out: a check builds every pull request; make the check silent until it is ready for all",
  TASK_PRIORITY: "is left out: the label ci-priority makes a pull request urgent",
  POOL_PRIORITY: "is left out: move the check to the pool that should build it",
  TAG_REGEX: "is left out: release tags are not built",
  RELEASE_LOOKBACK_DAYS: "is left out: release tags are not built",
};

/** Returns how a variable without a field is handled. Undefined for a variable that ali-bot does not know either. */
export function handlingOf(variable: string): string | undefined {
  return Object.hasOwn(handling, variable) ? handling[variable] : undefined;
}
