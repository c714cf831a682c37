import { versionBody } from "./secret-bodies";
import { badParameter } from "./vault-errors";
import type { StoredSecret } from "./vault-store";
import { type Answer, headerOf, isObject, jsonAnswer, type WireRequest } from "./wire";

const maxPage = 25;

/**
 * One page of 25 versions with an absolute link to the next, sorted by version id, never by time. An unknown or deleted
 * name gives an empty list, because the service only pages through its index.
 */
export const pageOfVersions = (request: WireRequest, url: string, secret: StoredSecret | null): Answer => {
  const asked = request.query.get("maxresults");
  const size = asked === null ? maxPage : Number(asked);
  if (!Number.isInteger(size) || size < 1 || size > maxPage) return badParameter("maxresults must be 1 to 25");
  const from = markerOf(request.query.get("$skiptoken"));
  if (secret === null || secret.deletion !== null) return jsonAnswer(200, { value: [] });
  const rest = secret.versions
    .filter(({ version }) => from === null || version >= from)
    .toSorted((one, other) => (one.version < other.version ? -1 : 1));
  const next = rest[size];
  return jsonAnswer(200, {
    value: rest.slice(0, size).map((version) => versionBody(url, secret, version)),
    ...(next === undefined ? {} : { nextLink: nextLinkOf(request, next.version, size) }),
  });
};

const nextLinkOf = (request: WireRequest, marker: string, size: number): string => {
  const token = Buffer.from(JSON.stringify({ NextMarker: marker, TargetLocation: 0 }), "utf8").toString("base64url");
  const [host, version] = [headerOf(request, "host") ?? "", request.query.get("api-version") ?? ""];
  return `https://${host}${request.path}?api-version=${version}&$skiptoken=${token}&maxresults=${size}`;
};

const markerOf = (token: string | null): string | null => {
  if (token === null) return null;
  const marker: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  return isObject(marker) && typeof marker["NextMarker"] === "string" ? marker["NextMarker"] : null;
};
