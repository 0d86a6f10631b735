import { group } from "../../api/objects/group.ts";
import type { AdmissionRules } from "./admissionRules.ts";

/**
 * The rules for the address of a log. A link on GitHub then leads only to the log service, or to the bucket of the
 * pool. The API server evaluates the rules once for each pool, as `params`.
 */
export function logLinkRules(logsUrl: string): AdmissionRules {
  return {
    kind: "log-links",
    apiGroup: group,
    resource: "builds/status",
    forEachPool: true,
    variables: [
      [
        "links",
        "object.?status.?verdict.?log.hasValue() && object.?status.?verdict.?log != oldObject.?status.?verdict.?log",
      ],
      ["path", "'/' + object.status.verdict.log.path"],
      ["url", "object.status.verdict.log.url"],
      ["base", "variables.url.substring(0, variables.url.size() - variables.path.size())"],
      ["inBucket", "has(params.spec.logs) && has(params.spec.logs.s3)"],
      [
        "folder",
        "'/' + params.spec.logs.s3.bucket + (params.spec.logs.s3.?prefix.orValue('') == '' ? '' : '/' + params.spec.logs.s3.prefix)",
      ],
      [
        "endpoint",
        "variables.base.endsWith(variables.folder) ? variables.base.substring(0, variables.base.size() - variables.folder.size()) : ''",
      ],
    ],
    rules: [
      {
        holds:
          "params.metadata.name != object.spec.pool || !variables.links || " +
          "(variables.url.endsWith(variables.path) && (" +
          "params.?status.?logAddresses.orValue([]).exists(address, variables.base == address) || (" +
          `!variables.inBucket ? variables.base == '${logsUrl}' : ` +
          `has(params.spec.logs.url) ? ${isAddress("params.spec.logs.url", "variables.base")} : ` +
          `${isAddress("params.spec.logs.s3.endpoint", "variables.endpoint")})))`,
        message:
          "verdict.log.url is not the address of the log service, or of the pool's bucket, with verdict.log.path",
      },
    ],
  };
}

/** CEL: `found` equals the configured address without its final slashes. */
function isAddress(configured: string, found: string): string {
  return `(${found} != '' && ${configured}.startsWith(${found}) && ${configured}.substring(${found}.size()).matches('^/*$'))`;
}
