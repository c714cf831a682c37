import type { AuditLine } from "./audit-lines";

/** Columns and rows, as the query API answers. */
export interface QueryTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

/** The values of the rotator's own query. */
interface ReadersQuery {
  readonly secret: string;
  readonly name: string;
  readonly consumers: readonly string[];
  readonly rotator: string;
  readonly take: number;
}

/** The rotator's own query behind its values; another test shows that it means what this file does. */
const body = (take: string): string => `AZKVAuditLogs
| where OperationName =~ "SecretGet" and HttpStatusCode == 200 and Id startswith secret
| extend Place = split(tolower(Id), "/"), Claims = Identity.claim
| where tostring(Place[4]) == name
| extend Oid = tostring(Claims["http://schemas.microsoft.com/identity/claims/objectidentifier"])
| extend Who = tolower(coalesce(tostring(Claims.oid), Oid, tostring(Claims.appid)))
| where Who != rotator
| extend Version = tostring(Place[5]), Resource = tostring(Claims.xms_mirid)
| extend Client = substring(ClientInfo, 0, 200)
| summarize FirstAt = min(TimeGenerated), Reads = count(),
    arg_max(TimeGenerated, CallerIpAddress, Client, Resource) by Who, Version
| order by toint(Who in (consumers)) desc, TimeGenerated desc
| take ${take}
| project Who, Version, FirstAt, LastAt = TimeGenerated, Reads, CallerIpAddress, Client, Resource`;

const quoted = (text: string): readonly string[] => [...text.matchAll(/"([^"]*)"/g)].map(([, inner = ""]) => inner);

/** Null where it is another query. */
export const parseReadersQuery = (query: string): ReadersQuery | null => {
  const lets = new Map([...query.matchAll(/^let (\w+) = (.*);$/gm)].map(([, name = "", value = ""]) => [name, value]));
  const rest = query.replaceAll(/^let .*;\n/gm, "");
  const take = /\| take (\d+)/.exec(rest)?.[1] ?? "";
  if (rest !== body(take)) return null;
  const one = (name: string): string => quoted(lets.get(name) ?? "")[0] ?? "";
  return {
    secret: one("secret"),
    name: one("name"),
    consumers: quoted(lets.get("consumers") ?? ""),
    rotator: one("rotator"),
    take: Number(take),
  };
};

interface Group {
  readonly who: string;
  readonly version: string;
  firstMs: number;
  lastMs: number;
  reads: number;
  last: AuditLine;
}

const columns = [
  ["Who", "string"],
  ["Version", "string"],
  ["FirstAt", "datetime"],
  ["LastAt", "datetime"],
  ["Reads", "long"],
  ["CallerIpAddress", "string"],
  ["Client", "string"],
  ["Resource", "string"],
] as const;

/** Kusto writes seven digits of a second. */
const datetime = (ms: number): string => new Date(ms).toISOString().replace("Z", "0000Z");

const objectId = "http://schemas.microsoft.com/identity/claims/objectidentifier";

export const answerReadersQuery = (query: ReadersQuery, lines: Iterable<AuditLine>): QueryTable => {
  const groups = new Map<string, Group>();
  for (const line of lines) count(groups, query, line);
  const isConsumer = ({ who }: Group): number => Number(query.consumers.includes(who));
  const sorted = [...groups.values()].toSorted(
    (one, other) => isConsumer(other) - isConsumer(one) || other.lastMs - one.lastMs,
  );
  return {
    columns: columns.map(([name, type]) => ({ name, type })),
    rows: sorted
      .slice(0, query.take)
      .map(({ who, version, firstMs, lastMs, reads, last: { CallerIpAddress, ClientInfo, Identity } }) => [
        who,
        version,
        datetime(firstMs),
        datetime(lastMs),
        reads,
        CallerIpAddress,
        ClientInfo.slice(0, 200),
        Identity.claim["xms_mirid"] ?? "",
      ]),
  };
};

const count = (groups: Map<string, Group>, { secret, name, rotator }: ReadersQuery, line: AuditLine): void => {
  if (line.OperationName.toLowerCase() !== "secretget" || line.HttpStatusCode !== 200) return;
  const id = line.Id.toLowerCase();
  const place = id.split("/");
  if (!id.startsWith(secret) || place[4] !== name) return;
  const { claim } = line.Identity;
  const who = (claim["oid"] || claim[objectId] || claim["appid"] || "").toLowerCase();
  if (who === rotator) return;
  const version = place[5] ?? "";
  const [key, ms] = [`${who}/${version}`, line.TimeGenerated.getTime()];
  const known = groups.get(key);
  if (known === undefined) {
    groups.set(key, { who, version, firstMs: ms, lastMs: ms, reads: 1, last: line });
    return;
  }
  known.reads += 1;
  known.firstMs = Math.min(known.firstMs, ms);
  if (ms > known.lastMs) [known.lastMs, known.last] = [ms, line];
};
