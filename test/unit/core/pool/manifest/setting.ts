import type { Setting } from "../../../../../src/core/pool/manifest/manifest.ts";

/** The settings of an imaginary installation. */
export const setting: Setting = {
  builderImage: "registry.example.org/builderpool-builder:1",
  pullSecrets: [],
  logs: { url: "http://builderpool-logs:8080", publicUrl: "https://logs.example.org", audience: "builderpool-logs" },
};
