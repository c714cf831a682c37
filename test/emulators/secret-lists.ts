import { deletedItem, secretItem, versionBody } from "./secret-bodies";
import { badParameter } from "./vault-errors";
import type { StoredSecret, VaultStore } from "./vault-store";
import { type Answer, headerOf, isObject, jsonAnswer, type WireRequest } from "./wire";

const maxPage = 25;

export interface ListItem {
  /** The sort key of the list. */
  readonly key: string;
  readonly item: object;
}

export const versionItems = (url: string, secret: StoredSecret | null): readonly ListItem[] =>
  // An unknown or deleted name gives an empty list, because the service only pages through its index.
  secret === null || secret.deletion !== null
    ? []
    : secret.versions.map((version) => ({ key: version.version, item: versionBody(url, secret, version) }));

export const secretItems = (url: string, store: VaultStore): readonly ListItem[] =>
  store.all().flatMap((secret) => {
    const newest = secret.versions.at(-1);
    return secret.deletion === null && newest !== undefined
      ? [{ key: secret.name, item: secretItem(url, secret, newest) }]
      : [];
  });

export const deletedItems = (url: string, store: VaultStore): readonly ListItem[] =>
  store.all().flatMap((secret) => {
    const newest = secret.versions.at(-1);
    return secret.deletion !== null && newest !== undefined
      ? [{ key: secret.name, item: deletedItem(url, secret, newest, secret.deletion) }]
      : [];
  });

/** One page of 25 items with an absolute link to the next. Lists are sorted by name or version id, never by time. */
export const pageOf = (request: WireRequest, items: readonly ListItem[]): Answer => {
  const asked = request.query.get("maxresults");
  const size = asked === null ? maxPage : Number(asked);
  if (!Number.isInteger(size) || size < 1 || size > maxPage) return badParameter("maxresults must be 1 to 25");
  const from = markerOf(request.query.get("$skiptoken"));
  const rest = items
    .filter(({ key }) => from === null || key >= from)
    .toSorted((one, other) => (one.key < other.key ? -1 : 1));
  const next = rest[size];
  return jsonAnswer(200, {
    value: rest.slice(0, size).map(({ item }) => item),
    ...(next === undefined ? {} : { nextLink: nextLinkOf(request, next.key, size) }),
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
