import { noNode, quoted, withNode } from "./shell.ts";

/** Starts of a new version before the previous one returns. */
const mostStarts = 3;

/** Inputs of `starterOf`. */
export interface StarterWish {
  readonly name: string;
  /** Path of Node at the installation, or a link to it. */
  readonly node: string;
  readonly logFile: string;
  readonly stateDir: string;
}

/**
 * The program that a service manager starts: a script for every POSIX shell. It finds Node, and counts the starts of an
 * update that is on trial. After three starts without success the previous version returns, and at once if the files of
 * the current version are missing or empty.
 */
export function starterOf({ name, node, logFile, stateDir }: StarterWish): string {
  const words = ["agent", "run", name, "--state-dir", stateDir, "--log-file", logFile].map(quoted).join(" ");
  return `#!/bin/sh
# Starts agent ${name} of builderpool. Written by \`builderpool agent enrol\`.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
version=$(cat "$root/current" 2>/dev/null || :)
previous=$(cat "$root/previous" 2>/dev/null || :)
if [ "$version" != "$previous" ] && [ -s "$root/versions/$previous/agent.mjs" ]; then
  reason=
  if ! [ -s "$root/versions/$version/agent.mjs" ]; then
    reason="is not complete"
  elif [ -e "$root/trial" ] && [ "$(wc -l < "$root/trial")" -ge ${mostStarts} ]; then
    reason="could not start"
  elif [ -e "$root/trial" ]; then
    echo start >> "$root/trial"
  fi
  if [ -n "$reason" ]; then
    echo "\${version:-a new version} $reason" > "$root/undone"
    version=$previous
    echo "$version" > "$root/current.new"
    mv -f "$root/current.new" "$root/current"
    rm -f "$root/trial"
  fi
fi
program=$root/versions/$version/agent.mjs
${withNode(`exec "$node" "$program" ${words}`, [quoted(node)])}
${noNode}
`;
}
