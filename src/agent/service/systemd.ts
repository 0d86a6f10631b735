import { type ServiceWish, servicePath, stopSeconds } from "./service.ts";

/** Name of the unit of an agent. */
export function unitNameOf(name: string): string {
  return `builderpool-${name}.service`;
}

/** The systemd unit of an agent, for systemd 247 or newer. */
export function unitOf({ name, start, root, workDir }: ServiceWish): string {
  return `# Written by \`builderpool agent enrol\`.
[Unit]
Description=builderpool: builds pull requests as ${name}
Wants=network-online.target
After=network-online.target
# The disk of the builds.
RequiresMountsFor=${workDir}

[Service]
Type=exec
ExecStart=${start}
Environment=PATH=${servicePath("linux")}
# The agent ends when the operator orders it, and starts again. Exit code 2: its settings are unusable.
Restart=always
RestartSec=10s
RestartPreventExitStatus=2
# SIGTERM drains. A shutdown waits for the running build no longer than this.
KillMode=mixed
TimeoutStopSec=${stopSeconds}
# A compiler without memory fails one build, and stops no agent.
OOMPolicy=continue
LimitNOFILE=65536
TasksMax=65536
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=read-only
ReadWritePaths=${root} -${workDir}
ProtectKernelModules=yes

[Install]
WantedBy=multi-user.target
`;
}
