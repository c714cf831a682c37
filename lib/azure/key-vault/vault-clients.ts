import type { TokenCredential } from "@azure/identity";
import { SecretClient, type SecretClientOptions } from "@azure/keyvault-secrets";
import { noRetries, readingRetries, stopAtLongWaits, waitFor } from "../sdk/pipeline";
import { readFailure, type SdkFailure } from "../sdk/failures/sdk-failure";
import { seconds } from "../../rotation/time/units";

export interface KeyVaultOptions {
  readonly credential: TokenCredential;
  /** True: the challenge need not name the vault's own domain, as an emulator's cannot. */
  readonly emulated: boolean;
}

const maxPrimingMs = seconds(30);

/** Answers that may have come before the vault's challenge was met, so that the client may still be without a token. */
const mayPrecedeToken = ({ kind, statusCode }: SdkFailure): boolean =>
  kind !== "answered" || statusCode === null || [401, 408, 429].includes(statusCode) || statusCode >= 500;

/**
 * A client that is used concurrently only after one read has been answered. Its first request goes out without a body,
 * to provoke the challenge. With some versions of the SDK a second one that meets the challenge meanwhile makes the
 * first be sent again with an empty body; with all of them each concurrent first request is challenged for itself.
 */
class PrimedClient {
  readonly #client: SecretClient;
  #priming: Promise<void> | null = null;

  constructor(client: SecretClient) {
    this.#client = client;
  }

  /**
   * The client, ready for use. A failed priming is tried anew by the next caller; a caller that gives up fails alone.
   */
  async ready(secretName: string, signal: AbortSignal): Promise<SecretClient> {
    this.#priming ??= this.#prime(secretName);
    await waitFor(this.#priming, signal);
    return this.#client;
  }

  async #prime(secretName: string): Promise<void> {
    try {
      await this.#client.getSecret(secretName, { abortSignal: AbortSignal.timeout(maxPrimingMs) });
    } catch (error) {
      if (!mayPrecedeToken(readFailure(error))) return;
      this.#priming = null;
      throw error;
    }
  }
}

interface VaultClients {
  readonly reading: PrimedClient;
  /** Never repeats a request: a `setSecret` whose answer was lost would otherwise be stored twice. */
  readonly publishing: PrimedClient;
}

/** The clients of each vault. */
export class VaultClientCache {
  readonly #byVault = new Map<string, VaultClients>();
  readonly #options: KeyVaultOptions;

  constructor(options: KeyVaultOptions) {
    this.#options = options;
  }

  of(vaultUrl: string): VaultClients {
    const known = this.#byVault.get(vaultUrl.toLowerCase());
    if (known !== undefined) return known;
    const open = (options: SecretClientOptions): PrimedClient =>
      new PrimedClient(
        new SecretClient(vaultUrl, this.#options.credential, {
          ...options,
          disableChallengeResourceVerification: this.#options.emulated,
        }),
      );
    const clients = {
      reading: open({ retryOptions: readingRetries, additionalPolicies: [stopAtLongWaits] }),
      publishing: open({ retryOptions: noRetries }),
    };
    this.#byVault.set(vaultUrl.toLowerCase(), clients);
    return clients;
  }
}
