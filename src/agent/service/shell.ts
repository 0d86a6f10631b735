/** Paths of Node that survive its upgrade, as patterns of the shell: links of Homebrew, MacPorts, packages of Linux. */
const candidates = [
  "/opt/homebrew/opt/node@*/bin/node",
  "/opt/homebrew/opt/node/bin/node",
  "/usr/local/opt/node@*/bin/node",
  "/usr/local/opt/node/bin/node",
  "/opt/local/bin/node",
  "/usr/local/bin/node",
  "/usr/bin/node",
];

/** Oldest major version of Node. */
export const oldestNode = 24;

/**
 * Shell code for one line: runs `command` with each Node that is new enough, until one runs. `$node` is its path.
 * `first` are words of the shell to try before all others.
 */
export function withNode(command: string, first: readonly string[] = []): string {
  const paths = [...first, ...candidates].join(" ");
  const major = `"$("$node" -p 'process.versions.node.split(".")[0]' 2>/dev/null)"`;
  const found = `[ -x "$node" ] && [ ${major} -ge ${oldestNode} ] 2>/dev/null`;
  return `for node in ${paths}; do if ${found}; then ${command}; fi; done`;
}

/** Shell code for one line: says that there is no Node, and exits with the code of a missing program. */
export const noNode = `echo "builderpool: expected Node ${oldestNode} or newer, found none or older ones; install it, for example with: brew install node@24" >&2; exit 69`;

/** Quotes a text for the shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Node in the PATH of a person. Empty without one. */
const fromPath = '"$(command -v node || :)"';

/** First lines of the bundle. They make one file a program of the shell and of Node: the shell looks for Node. */
export const bundleHeader = `#!/bin/sh\n":" //; ${withNode('exec "$node" "$0" "$@"', [fromPath])}; ${noNode}\n`;
