import type { Slot } from "../../../lib/rotation/phases";
import type { Emulators } from "../../emulators/emulators";
import type { SecretVersionView, Vault } from "../../emulators/vault";
import { proofOf } from "../../builders/proof";

const dayMs = 86_400_000;

export interface AccountPlan {
  /** Its name in the rotator. */
  readonly name: string;
  /** The initial value in the vault (default: the primary key, published yesterday); null for no secret. */
  readonly seed?: Slot | null;
  readonly keyAgeDays?: number;
  /** Optional members of its entry in `ROTATION_ACCOUNTS`. */
  readonly config?: object;
}

export interface SignalFields {
  readonly consumer?: string;
  readonly instance?: string;
  /** Default: the newest version. */
  readonly secretVersion?: string;
  readonly healthy?: boolean;
  /** "right" (default) or "wrong" (made with another key). */
  readonly proof?: "right" | "wrong";
  readonly detail?: string;
}

/** One account on the emulators, and direct access to its state: no HTTP, no journal entries. */
export interface PlacedAccount {
  readonly name: string;
  readonly batchName: string;
  readonly secretName: string;
  readonly resourceId: string;
  readonly vault: Vault;
  /** Its entry in `ROTATION_ACCOUNTS`. */
  readonly configured: object;
  keys(): Readonly<Record<Slot, string>>;
  accepts(key: string): boolean;
  /** Oldest first. */
  versions(): readonly SecretVersionView[];
  newest(): SecretVersionView;
  /** A signal of one of its consumers at this instant. */
  signal(fields?: SignalFields): Readonly<Record<string, unknown>>;
}

/** Signals of a test have different instants, because a signal never replaces another with an equal instant. */
let lastAtMs = 0;
const nextInstant = (): string => {
  lastAtMs = Math.max(Date.now(), lastAtMs + 1);
  return new Date(lastAtMs).toISOString();
};

/** Creates the Batch account and its secret in the vault. */
export const placeAccount = (plan: AccountPlan, emulators: Emulators, vault: Vault): PlacedAccount => {
  const { name, seed = "primary", keyAgeDays = 1, config = {} } = plan;
  const batchName = `${name.replaceAll("-", "")}weu`;
  const secretName = `${batchName}-batch-key`;
  const { resourceId } = emulators.batch.addAccount({ name: batchName });
  const keys = () => emulators.batch.keys(batchName);
  if (seed !== null) {
    vault.seed(secretName, { value: keys()[seed], createdOn: new Date(Date.now() - keyAgeDays * dayMs) });
  }
  const newest = (): SecretVersionView => {
    const found = vault.newest(secretName);
    if (found === null) throw new Error(`the vault holds no secret ${secretName}`);
    return found;
  };
  return {
    name,
    batchName,
    secretName,
    resourceId,
    vault,
    configured: { name, resourceId, secret: { vaultUrl: vault.url, name: secretName }, ...config },
    keys,
    accepts: (key) => emulators.batch.accepts(batchName, key),
    versions: () => vault.versions(secretName),
    newest,
    signal: (fields = {}) => {
      const { consumer = "render-api", instance = "vm-1", healthy = true, proof = "right", detail } = fields;
      const secretVersion = fields.secretVersion ?? newest().version;
      const at = nextInstant();
      const held = vault.versions(secretName).find(({ version }) => version === secretVersion);
      const key = proof === "right" ? (held?.value ?? "") : Buffer.alloc(64, 7).toString("base64");
      const lines = [name, consumer, instance, secretVersion, String(healthy), at];
      return {
        consumer,
        instance,
        secretVersion,
        healthy,
        at,
        ...(detail === undefined ? {} : { detail }),
        proof: proofOf(key, lines),
      };
    },
  };
};
