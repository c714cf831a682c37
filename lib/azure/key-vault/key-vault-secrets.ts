import type { KeyVaultSecret } from "@azure/keyvault-secrets";
import { BatchKey } from "../../batch-key";
import { OutcomeUnknownError } from "../../errors";
import type { CallOptions, Receipt } from "../../ports/call";
import type { EnabledVersion, Publication, SecretPublisher, SecretVersion } from "../../ports/secret-publisher";
import type { SecretRef } from "../../rotation/account-config";
import { publishedContentType } from "../../rotation/ownership";
import { type Instant, toInstant } from "../../rotation/time/time";
import { minutes } from "../../rotation/time/units";
import { withDeadline } from "../sdk/pipeline";
import { type SecretCommand, vaultRefusal } from "../sdk/failures/refusals";
import { callSdk, malformedAnswer, type SdkCall, toServiceError } from "../sdk/failures/service-errors";
import { readFailure, requestIdOf } from "../sdk/failures/sdk-failure";
import { contestedByTag, otherTagsOf, tagsOf } from "./secret-tags";
import type { KeyVaultOptions, VaultClientCache } from "./vault-clients";
import { loadOnce } from "../sdk/load-once";

const maxCallMs = minutes(1);

const operations = {
  get: "Key Vault getSecret",
  set: "Key Vault setSecret",
  update: "Key Vault updateSecret",
} as const satisfies Record<SecretCommand, string>;

const vaultCall = (ref: SecretRef, command: SecretCommand): SdkCall => ({
  operation: operations[command],
  effect: command === "get" ? "read" : "change",
  refusal: vaultRefusal(ref, command),
});

const isVersionId = (version: string | undefined): version is string =>
  version !== undefined && /^[0-9a-f]{32}$/i.test(version);

const toVersion = ({ value, properties }: KeyVaultSecret): EnabledVersion => {
  const { version, createdOn, contentType = null, tags = {} } = properties;
  if (value === undefined || createdOn === undefined || !isVersionId(version)) throw malformedAnswer(operations.get);
  return {
    version,
    enabled: true,
    key: new BatchKey(value),
    createdAt: toInstant(createdOn),
    rotationId: tags["RotationId"] ?? null,
    marks: {
      providerAddress: tags["ProviderAddress"] ?? null,
      contentType,
      contestedBy: tags[contestedByTag] ?? null,
    },
    otherTags: otherTagsOf(tags),
  };
};

/**
 * The published secrets, in Key Vault. "Newest" is what a read without a version answers: a list of versions comes in
 * the order of their ids, and their times have a resolution of one second.
 */
export class KeyVaultSecrets implements SecretPublisher {
  readonly #clients: () => Promise<VaultClientCache>;

  constructor(options: KeyVaultOptions) {
    this.#clients = loadOnce(async () => {
      const { VaultClientCache: Clients } = await import("./vault-clients");
      return new Clients(options);
    });
  }

  async newest(ref: SecretRef, options: CallOptions): Promise<EnabledVersion | null> {
    const found = await this.#read(ref, undefined, options);
    return found?.enabled === true ? found : null;
  }

  version(ref: SecretRef, version: string, options: CallOptions): Promise<SecretVersion | null> {
    return this.#read(ref, version, options);
  }

  async publish(
    ref: SecretRef,
    publication: Publication,
    options: CallOptions,
  ): Promise<Receipt & { readonly version: string; readonly createdAt: Instant }> {
    const client = await this.#publishingClient(ref, options);
    const call = vaultCall(ref, "set");
    let requestId: string | null = null;
    const { properties } = await callSdk(call, options.signal, () =>
      client.setSecret(ref.name, publication.key.reveal(), {
        contentType: publishedContentType,
        tags: tagsOf(publication),
        expiresOn: new Date(publication.expiresAt),
        onResponse: ({ headers }) => {
          requestId = requestIdOf(headers);
        },
        abortSignal: withDeadline(options.signal, maxCallMs),
      }),
    );
    const { version, createdOn } = properties;
    if (isVersionId(version) && createdOn !== undefined) return { version, createdAt: toInstant(createdOn), requestId };
    throw new OutcomeUnknownError({ operation: call.operation, code: "MalformedAnswer" });
  }

  async disable(ref: SecretRef, version: string, options: CallOptions): Promise<void> {
    const client = await this.#publishingClient(ref, options);
    await callSdk(vaultCall(ref, "update"), options.signal, () =>
      client.updateSecretProperties(ref.name, version, {
        enabled: false,
        abortSignal: withDeadline(options.signal, maxCallMs),
      }),
    );
  }

  async contest(ref: SecretRef, version: string, resourceId: string, options: CallOptions): Promise<void> {
    const client = await this.#publishingClient(ref, options);
    const abortSignal = withDeadline(options.signal, maxCallMs);
    const { properties } = await callSdk(vaultCall(ref, "get"), options.signal, () =>
      client.getSecret(ref.name, { version, abortSignal }),
    );
    const { tags = {} } = properties;
    if (tags[contestedByTag] !== undefined) return;
    // The update replaces all tags.
    await callSdk(vaultCall(ref, "update"), options.signal, () =>
      client.updateSecretProperties(ref.name, version, {
        tags: { ...tags, [contestedByTag]: resourceId },
        abortSignal,
      }),
    );
  }

  /** Priming reads, so its failure leaves nothing unknown. */
  #publishingClient(ref: SecretRef, { signal }: CallOptions) {
    return callSdk(vaultCall(ref, "get"), signal, async () =>
      (await this.#clients()).of(ref.vaultUrl).publishing.ready(ref.name, signal),
    );
  }

  /** Null where the vault does not know it. */
  async #read(ref: SecretRef, version: string | undefined, { signal }: CallOptions): Promise<SecretVersion | null> {
    const abortSignal = withDeadline(signal, maxCallMs);
    let secret: KeyVaultSecret;
    try {
      const client = await (await this.#clients()).of(ref.vaultUrl).reading.ready(ref.name, abortSignal);
      secret = await client.getSecret(ref.name, version === undefined ? { abortSignal } : { version, abortSignal });
    } catch (error) {
      const failure = readFailure(error);
      if (failure.statusCode === 404 && failure.code === "SecretNotFound") return null;
      if (version !== undefined && failure.innerCode === "SecretDisabled") return { version, enabled: false };
      throw toServiceError(failure, vaultCall(ref, "get"));
    }
    return toVersion(secret);
  }
}
