import type { ReadersQuestion } from "../../ports/audit-log";
import type { SecretRef } from "../../rotation/account-config";
import { secretUrl } from "../../rotation/ownership";

/** More identities and versions than this are counted as one more, and left out. */
export const maxRows = 25_000;

const list = (texts: readonly string[]): string =>
  `dynamic([${(texts.length === 0 ? [""] : texts).map(quoted).join(", ")}])`;

/** Names and addresses hold no quote or backslash: the configuration lets none through. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "")}"`;

/**
 * Who has read which version of a secret. A request without a version is logged with the version that it was answered
 * with, in `Id`; both may be in any case. Only `SecretGet` hands a value out, and only with status 200. An identity has
 * `xms_mirid` where a resource has it, and its object id under one of two names. One row more than are wanted shows
 * that there are more; consumers come first, so that they are not left out.
 */
export const readersQuery = (ref: SecretRef, { consumers, rotator }: ReadersQuestion): string =>
  [
    `let secret = ${quoted(secretUrl(ref).toLowerCase())};`,
    `let name = ${quoted(ref.name.toLowerCase())};`,
    `let consumers = ${list(consumers)};`,
    // Not an empty text: a line that names no identity must not be left out.
    `let rotator = ${quoted(rotator ?? "(unknown)")};`,
    "AZKVAuditLogs",
    '| where OperationName =~ "SecretGet" and HttpStatusCode == 200 and Id startswith secret',
    '| extend Place = split(tolower(Id), "/"), Claims = Identity.claim',
    "| where tostring(Place[4]) == name",
    '| extend Oid = tostring(Claims["http://schemas.microsoft.com/identity/claims/objectidentifier"])',
    "| extend Who = tolower(coalesce(tostring(Claims.oid), Oid, tostring(Claims.appid)))",
    "| where Who != rotator",
    "| extend Version = tostring(Place[5]), Resource = tostring(Claims.xms_mirid)",
    "| extend Client = substring(ClientInfo, 0, 200)",
    "| summarize FirstAt = min(TimeGenerated), Reads = count(),",
    "    arg_max(TimeGenerated, CallerIpAddress, Client, Resource) by Who, Version",
    "| order by toint(Who in (consumers)) desc, TimeGenerated desc",
    `| take ${maxRows + 1}`,
    "| project Who, Version, FirstAt, LastAt = TimeGenerated, Reads, CallerIpAddress, Client, Resource",
  ].join("\n");
