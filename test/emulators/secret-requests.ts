import { deletedBody, valueBody, versionBody } from "./secret-bodies";
import { pageOfVersions } from "./secret-lists";
import { parseSetSecret, parseUpdateSecret } from "./secret-parameters";
import {
  badParameter,
  deletedSecretNotFound,
  secretIsBeingRecovered,
  secretIsDeleted,
  secretIsDisabled,
  secretNotFound,
} from "./vault-errors";
import type { Operation, VaultRoute } from "./vault-operations";
import type { Deletion, StoredSecret, StoredVersion, VaultStore } from "./vault-store";
import { type Answer, jsonAnswer, type WireRequest } from "./wire";

/** The effect of each operation on secrets, for authorised requests. */
export class SecretRequests {
  constructor(
    private readonly store: VaultStore,
    private readonly url: () => string,
  ) {}

  answer(request: WireRequest, { route, secret, version }: Operation): Answer {
    if (!/^[0-9a-zA-Z-]{1,127}$/.test(secret)) {
      return badParameter("The name of a secret matches ^[0-9a-zA-Z-]+$ and has 1 to 127 characters.");
    }
    const answers = {
      "vault.setSecret": () => this.#set(secret, request),
      "vault.getSecret": () => this.#get(secret, null),
      "vault.getSecretVersion": () => this.#get(secret, version),
      "vault.updateSecret": () => this.#update(secret, version, request),
      "vault.listVersions": () => pageOfVersions(request, this.url(), this.store.find(secret)),
      "vault.deleteSecret": () => this.#delete(secret),
      "vault.getDeletedSecret": () => this.#getDeleted(secret),
      "vault.recoverSecret": () => this.#recover(secret),
    } satisfies Record<VaultRoute, () => Answer>;
    return answers[route]();
  }

  #set(name: string, request: WireRequest): Answer {
    const parsed = parseSetSecret(request);
    if (typeof parsed === "string") return badParameter(parsed);
    const existing = this.store.find(name);
    if (existing !== null && existing.deletion !== null) return secretIsDeleted(name);
    if (existing !== null && existing.pollsLeft > 0) return secretIsBeingRecovered(name);
    const { version } = this.store.add(name, parsed);
    return this.#withVersion(name, version, (secret, added) => jsonAnswer(200, valueBody(this.url(), secret, added)));
  }

  #get(name: string, version: string | null): Answer {
    return this.#withVersion(name, version, (secret, found) =>
      found.enabled ? jsonAnswer(200, valueBody(this.url(), secret, found)) : secretIsDisabled(),
    );
  }

  #update(name: string, version: string | null, request: WireRequest): Answer {
    return this.#withVersion(name, version, (secret, found) => {
      const changes = parseUpdateSecret(request);
      if (typeof changes === "string") return badParameter(changes);
      Object.assign(found, changes);
      this.store.touch(found);
      return jsonAnswer(200, versionBody(this.url(), secret, found));
    });
  }

  #delete(name: string): Answer {
    return this.#withVersion(name, null, (secret, newest) =>
      jsonAnswer(200, deletedBody(this.url(), secret, newest, this.store.delete(secret))),
    );
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

  /** Without a version: the newest, disabled or not. The service does not fall back to an older one. */
  #withVersion(
    name: string,
    wanted: string | null,
    answer: (secret: StoredSecret, version: StoredVersion) => Answer,
  ): Answer {
    const id = wanted === null ? name : `${name}/${wanted}`;
    const secret = this.store.find(name);
    if (secret === null || secret.deletion !== null) return secretNotFound(id);
    if (secret.pollsLeft > 0) {
      secret.pollsLeft -= 1;
      return secretNotFound(id);
    }
    const version =
      wanted === null
        ? secret.versions.at(-1)
        : secret.versions.find((other) => other.version === wanted.toLowerCase());
    return version === undefined ? secretNotFound(id) : answer(secret, version);
  }

  #withDeleted(
    name: string,
    answer: (secret: StoredSecret, newest: StoredVersion, deletion: Deletion) => Answer,
  ): Answer {
    const secret = this.store.find(name);
    const newest = secret?.versions.at(-1);
    return secret === null || secret.deletion === null || newest === undefined
      ? deletedSecretNotFound(name)
      : answer(secret, newest, secret.deletion);
  }
}
