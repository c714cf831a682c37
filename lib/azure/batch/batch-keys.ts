import type { SubscriptionArmOptions } from "../sdk/arm-options";
import { BatchKey } from "../../batch-key";
import { OperatorNeededError, OutcomeUnknownError } from "../../errors";
import type { BatchAccount, BatchKeys, Regenerated, RegenerateOptions, SlotKeys } from "../../ports/batch-keys";
import type { CallOptions } from "../../ports/call";
import type { Clock } from "../../ports/system";
import type { BatchAccountRef } from "../../rotation/account-config";
import type { Slot } from "../../rotation/phases";
import { searchAccount } from "./account-search";
import type { AccountSearch } from "../../rotation/gate/key-copies";
import type { BatchClients } from "./batch-clients";
import { loadOnce } from "../sdk/load-once";
import { probeKey } from "./batch-probe";
import { withDeadline } from "../sdk/pipeline";
import { type BatchAction, batchRefusal } from "../sdk/failures/refusals";
import { callSdk, malformedAnswer, type SdkCall } from "../sdk/failures/service-errors";
import { requestIdOf } from "../sdk/failures/sdk-failure";
import { seconds } from "../../rotation/time/units";

interface AzureBatchKeysOptions extends SubscriptionArmOptions {
  readonly clock: Clock;
}

/** Longest time of one call, its repeats and its wait for the write allowance included. */
const maxCallMs = seconds(90);

const keyNames = { primary: "Primary", secondary: "Secondary" } as const satisfies Record<Slot, string>;

const armCall = (ref: BatchAccountRef, action: BatchAction): SdkCall => ({
  operation: action === "read" ? "Batch read account" : `Batch ${action}`,
  effect: action === "regenerateKeys" ? "change" : "read",
  refusal: batchRefusal(ref, action),
});

const usableKey = (value: string | null | undefined): BatchKey | null =>
  value && value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value) ? new BatchKey(value) : null;

/** The keys of Batch accounts, through Resource Manager and the data plane. */
export class AzureBatchKeys implements BatchKeys {
  readonly #clients: () => Promise<BatchClients>;
  readonly #clock: Clock;

  constructor(options: AzureBatchKeysOptions) {
    this.#clients = loadOnce(async () => {
      const { BatchClients: Clients } = await import("./batch-clients");
      return new Clients(options);
    });
    this.#clock = options.clock;
  }

  async readAccount(ref: BatchAccountRef, { signal }: CallOptions): Promise<BatchAccount> {
    const call = armCall(ref, "read");
    const { reading } = (await this.#clients()).of(ref.subscriptionId);
    const account = await callSdk(call, signal, () =>
      reading.batchAccountOperations.get(ref.resourceGroup, ref.accountName, {
        abortSignal: withDeadline(signal, maxCallMs),
      }),
    );
    if (!account.accountEndpoint) throw malformedAnswer(call.operation);
    // No list at all means the default, which allows shared keys.
    const modes = account.allowedAuthenticationModes ?? null;
    return {
      accountEndpoint: account.accountEndpoint,
      sharedKeyAllowed:
        account.poolAllocationMode !== "UserSubscription" && (modes === null || modes.includes("SharedKey")),
    };
  }

  async readKeys(ref: BatchAccountRef, { signal }: CallOptions): Promise<SlotKeys> {
    const call = armCall(ref, "listKeys");
    const { reading } = (await this.#clients()).of(ref.subscriptionId);
    const keys = await callSdk(call, signal, () =>
      reading.batchAccountOperations.getKeys(ref.resourceGroup, ref.accountName, {
        abortSignal: withDeadline(signal, maxCallMs),
      }),
    );
    const [primary, secondary] = [usableKey(keys.primary), usableKey(keys.secondary)];
    if (primary !== null && secondary !== null) return { primary, secondary };
    throw new OperatorNeededError(
      "NoUsableKey",
      { operation: call.operation },
      `Batch returned no usable ${primary === null ? "primary" : "secondary"} key for ${ref.resourceId}: ` +
        "check that the account allows shared keys, and regenerate that key manually if no app uses it",
    );
  }

  /**
   * A good status alone proves nothing: only an answer with both keys of this account shows that the request was
   * understood.
   */
  async regenerate(ref: BatchAccountRef, slot: Slot, { signal, lastLook }: RegenerateOptions): Promise<Regenerated> {
    const call = armCall(ref, "regenerateKeys");
    let requestId: string | null = null;
    const { regenerating, lastLooks } = (await this.#clients()).of(ref.subscriptionId);
    const send = () =>
      regenerating.batchAccountOperations.regenerateKey(
        ref.resourceGroup,
        ref.accountName,
        { keyName: keyNames[slot] },
        {
          abortSignal: withDeadline(signal, maxCallMs),
          onResponse: ({ headers }) => {
            requestId = requestIdOf(headers);
          },
        },
      );
    const answer = await lastLooks.run(lastLook, () => callSdk(call, signal, send));
    const [primary, secondary] = [usableKey(answer.primary), usableKey(answer.secondary)];
    const isOurs = answer.accountName?.toLowerCase() === ref.accountName.toLowerCase();
    if (!isOurs || primary === null || secondary === null)
      throw new OutcomeUnknownError({ operation: call.operation, code: "MalformedAnswer" });
    return { requestId, keys: { primary, secondary } };
  }

  probe(
    ref: BatchAccountRef,
    accountEndpoint: string,
    key: BatchKey,
    { signal }: CallOptions,
  ): Promise<"accepted" | "refused"> {
    return probeKey({ accountName: ref.accountName, accountEndpoint, key, now: this.#clock.now() }, signal);
  }

  search(
    { accountName }: BatchAccountRef,
    accountEndpoint: string,
    { signWith, keys }: { readonly signWith: BatchKey; readonly keys: SlotKeys },
    { signal }: CallOptions,
  ): Promise<AccountSearch> {
    return searchAccount({ accountName, accountEndpoint, signWith, keys, clock: this.#clock }, signal);
  }
}
