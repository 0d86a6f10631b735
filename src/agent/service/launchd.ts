import { type ServiceWish, servicePath, stopSeconds } from "./service.ts";

/** Label of the service, and name of its property list. */
export function labelOf(name: string): string {
  return `ch.cern.alice.builderpool.${name}`;
}

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/**
 * The property list of an agent, for /Library/LaunchDaemons. The system domain needs no login, no keychain and no
 * permission for the local network. `Interactive`: macOS throttles the builds of other processes. The agent is kept
 * alive while it is enrolled: an agent with unusable settings sets them aside and is not started again.
 */
export function propertyListOf({ name, start, settingsFile, errorFile }: ServiceWish): string {
  const files = { NumberOfFiles: 65_536 };
  const list: Value = {
    Label: labelOf(name),
    ProgramArguments: [start],
    EnvironmentVariables: { PATH: servicePath("darwin") },
    WorkingDirectory: "/",
    Umask: 0o022,
    RunAtLoad: true,
    KeepAlive: { PathState: { [settingsFile]: true } },
    ThrottleInterval: 30,
    ExitTimeOut: stopSeconds,
    ProcessType: "Interactive",
    SoftResourceLimits: files,
    HardResourceLimits: files,
    StandardOutPath: errorFile,
    StandardErrorPath: errorFile,
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${xmlOf(list, "")}
</plist>
`;
}

function xmlOf(value: Value, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value === "string") return `${indent}<string>${escaped(value)}</string>`;
  if (typeof value === "number") return `${indent}<integer>${value}</integer>`;
  if (typeof value === "boolean") return `${indent}<${value}/>`;
  if (isList(value))
    return [`${indent}<array>`, ...value.map((one) => xmlOf(one, inner)), `${indent}</array>`].join("\n");
  const lines = Object.entries(value).flatMap(([key, one]) => [
    `${inner}<key>${escaped(key)}</key>`,
    xmlOf(one, inner),
  ]);
  return [`${indent}<dict>`, ...lines, `${indent}</dict>`].join("\n");
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
