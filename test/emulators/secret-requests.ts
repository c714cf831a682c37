import { parseSetSecret, parseUpdateSecret } from "./secret-parameters";
import { deletedBody, deletedItem, secretItem, valueBody, versionBody } from "./secret-bodies";
import {
  badParameter,
  deletedSecretNotFound,
  secretIsDeleted,
  secretIsDisabled,
  secretNotFound,
  vaultError,
} from "./vault-errors";
import type { Operation } from "./vault-operations";
import type { StoredSecret, StoredVersion, VaultStore } from "./vault-store";
import { type Answer, emptyAnswer, headerOf, jsonAnswer, type WireRequest } from "./wire";

const maxPage = 25;

/** What each operation on secrets does, once the request is let in. */
export class SecretRequests {
  constructor(
    private readonly store: VaultStore,
    private readonly url: () => string,
  ) {}

  answer(request: WireRequest, operation: Operation): Answer {
    const name = operation.secret ?? "";
    if (operation.secret !== null && !/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
      return badParameter(
        `The request URI contains an invalid name: ${name}. Names match ^[0-9a-zA-Z-]+$ and have 1 to 127 characters.`,
      );
    }
    switch (operation.route) {
      case "vault.setSecret":
        return this.#set(name, request);
      case "vault.getSecret":
      case "vault.getSecretVersion":
        return this.#withVersion(name, operation.version, (secret, version) =>
          version.enabled ? jsonAnswer(200, valueBody(this.url(), secret, version)) : secretIsDisabled(),
        );
      case "vault.updateSecret":
        return this.#withVersion(name, operation.version, (secret, version) => this.#update(request, secret, version));
      case "vault.listVersions":
        return this.#listVersions(name, request);
      case "vault.listSecrets":
        return this.#page(
          request,
          this.#live().map(([secret, newest]) => ({ key: secret.name, item: secretItem(this.url(), secret, newest) })),
        );
      case "vault.deleteSecret":
        return this.#withVersion(name, null, (secret, newest) =>
          jsonAnswer(200, deletedBody(this.url(), secret, newest, this.store.delete(secret))),
        );
      case "vault.listDeletedSecrets":
        return this.#page(request, this.#deletedItems());
      case "vault.getDeletedSecret":
        return this.#getDeleted(name);
      case "vault.recoverSecret":
        return this.#recover(name);
      case "vault.purgeSecret":
        return this.#purge(name);
    }
  }

  #set(name: string, request: WireRequest): Answer {
    const parsed = parseSetSecret(request);
    if (typeof parsed === "string") return badParameter(parsed);
    const existing = this.store.find(name);
    if (existing !== null && existing.deletion !== null) return secretIsDeleted(name);
    if (existing !== null && existing.pollsLeft > 0) {
      return vaultError(409, "Conflict", `Secret ${name} is currently being recovered.`, "ObjectIsBeingRecovered");
    }
    const version = this.store.add(name, parsed);
    return this.#withVersion(name, version.version, (secret) =>
      jsonAnswer(200, valueBody(this.url(), secret, version)),
    );
  }

  #update(request: WireRequest, secret: StoredSecret, version: StoredVersion): Answer {
    const parsed = parseUpdateSecret(request);
    if (typeof parsed === "string") return badParameter(parsed);
    Object.assign(version, parsed);
    this.store.touch(version);
    return jsonAnswer(200, versionBody(this.url(), secret, version));
  }

  /** Without a version: the newest, disabled or not. The service does not fall back to an older one. */
  #withVersion(
    name: string,
    wanted: string | null,
    answer: (secret: StoredSecret, version: StoredVersion) => Answer,
  ): Answer {
    const secret = this.store.find(name);
    if (secret === null || secret.deletion !== null)
      return secretNotFound(wanted === null ? name : `${name}/${wanted}`);
    if (secret.pollsLeft > 0) {
      secret.pollsLeft -= 1;
      return secretNotFound(name);
    }
    const version =
      wanted === null
        ? secret.versions.at(-1)
        : secret.versions.find((other) => other.version === wanted.toLowerCase());
    return version === undefined ? secretNotFound(`${name}/${wanted ?? ""}`) : answer(secret, version);
  }

  #listVersions(name: string, request: WireRequest): Answer {
    const secret = this.store.find(name);
    // An unknown name is an empty list for the service too: it only pages through its index.
    const versions = secret === null || secret.deletion !== null ? [] : secret.versions;
    return this.#page(
      request,
      versions.map((version) => ({
        key: version.version,
        item: secret === null ? {} : versionBody(this.url(), secret, version),
      })),
    );
  }

  /** Lists go by name or version id, never by time, 25 to a page. */
  #page(request: WireRequest, items: readonly { readonly key: string; readonly item: object }[]): Answer {
    const asked = request.query.get("maxresults");
    const size = asked === null ? maxPage : Number(asked);
    if (!Number.isInteger(size) || size < 1 || size > maxPage) return badParameter("maxresults must be 1 to 25");
    const from = markerOf(request.query.get("$skiptoken"));
    const rest = items
      .toSorted((one, other) => (one.key < other.key ? -1 : 1))
      .filter(({ key }) => from === null || key >= from);
    const next = rest[size];
    const host = headerOf(request, "host") ?? "";
    const nextLink =
      next === undefined
        ? {}
        : {
            nextLink: `https://${host}${request.path}?api-version=${request.query.get("api-version")}&$skiptoken=${skipToken(next.key)}&maxresults=${size}`,
          };
    return jsonAnswer(200, { value: rest.slice(0, size).map(({ item }) => item), ...nextLink });
  }

  #live(): readonly (readonly [StoredSecret, StoredVersion])[] {
    return this.store.all().flatMap((secret) => {
      const newest = secret.versions.at(-1);
      return secret.deletion === null && newest !== undefined ? [[secret, newest] as const] : [];
    });
  }

  #deletedItems(): readonly { readonly key: string; readonly item: object }[] {
    return this.store.all().flatMap((secret) => {
      const newest = secret.versions.at(-1);
      const { deletion } = secret;
      return deletion !== null && newest !== undefined
        ? [{ key: secret.name, item: deletedItem(this.url(), secret, newest, deletion) }]
        : [];
    });
  }

  #getDeleted(name: string): Answer {
    return this.#withDeleted(name, (secret, newest, deletion) => {
      if (secret.pollsLeft > 0) {
        secret.pollsLeft -= 1;
        return deletedSecretNotFound(name);
      }
      return jsonAnswer(200, deletedBody(this.url(), secret, newest, deletion));
    });
  }

  #recover(name: string): Answer {
    return this.#withDeleted(name, (secret, newest) => {
      this.store.recover(secret);
      return jsonAnswer(200, versionBody(this.url(), secret, newest));
    });
  }

  #purge(name: string): Answer {
    return this.#withDeleted(name, (secret) => {
      this.store.purge(secret);
      return emptyAnswer(204);
    });
  }

  #withDeleted(
    name: string,
    answer: (secret: StoredSecret, newest: StoredVersion, deletion: NonNullable<StoredSecret["deletion"]>) => Answer,
  ): Answer {
    const secret = this.store.find(name);
    const newest = secret?.versions.at(-1);
    return secret === null || secret.deletion === null || newest === undefined
      ? deletedSecretNotFound(name)
      : answer(secret, newest, secret.deletion);
  }
}

const skipToken = (marker: string): string =>
  Buffer.from(JSON.stringify({ NextMarker: marker, TargetLocation: 0 }), "utf8").toString("base64url");

const markerOf = (token: string | null): string | null => {
  if (token === null) return null;
  const { NextMarker } = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as { NextMarker: string };
  return NextMarker;
};
