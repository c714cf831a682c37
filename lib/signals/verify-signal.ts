import type { App } from "../app";
import type { CallOptions } from "../ports/call";
import type { SecretVersion } from "../ports/secret-publisher";
import { freeText } from "../outgoing/redact";
import type { AccountConfig } from "../rotation/account-config";
import type { IncomingSignal } from "../rotation/gate/signals";
import { msBetween, toInstant } from "../rotation/time/time";
import { minutes } from "../rotation/time/units";
import { type ProofClaims, proofHolds } from "./proof";
import type { PulledSignal } from "./signal-schema";

/** How far a signal's `at` may lie from the rotator's clock. */
const maxSkewMs = minutes(5);

export type VerifiedSignal =
  | { readonly kind: "verified"; readonly signal: IncomingSignal }
  /** `at` is too far from the rotator's clock. */
  | { readonly kind: "clockSkew" }
  /** The vault does not know the secret version. */
  | { readonly kind: "unknownVersion" }
  /** The key of that version does not make this proof. */
  | { readonly kind: "proofRefused" };

/** When the signal was received, and the nonce of the health request that it answers; null for a posted signal. */
interface Receipt {
  readonly now: Date;
  readonly nonce: string | null;
}

/**
 * Checks a posted or a pulled signal, and makes of it what the gate may rely on.
 * Throws as `SecretPublisher.version` does.
 */
export const verifySignal = async (
  { versions }: { readonly versions: Pick<App["versions"], "read"> },
  config: AccountConfig,
  signal: PulledSignal,
  { now, nonce }: Receipt,
  call: CallOptions,
): Promise<VerifiedSignal> => {
  const receivedAt = toInstant(now);
  const at = signal.at === null ? receivedAt : toInstant(new Date(signal.at));
  if (Math.abs(msBetween(receivedAt, at)) > maxSkewMs) return { kind: "clockSkew" };
  const version = await versions.read(config.secret, signal.secretVersion, call);
  if (version === null) return { kind: "unknownVersion" };
  const claims = { ...signal, account: config.name, at: signal.at ?? "" };
  const proof = checkProof(claims, nonce, version);
  if (proof === "refused") return { kind: "proofRefused" };
  const { consumer, instance, secretVersion, healthy, leaving } = signal;
  const detail = signal.detail === null ? null : freeText(signal.detail);
  return {
    kind: "verified",
    signal: { consumer, instance, at, secretVersion, healthy, leaving, proven: proof === "proven", detail },
  };
};

/** The key of a disabled version cannot be read, so its proof is not checked. */
const checkProof = (
  claims: ProofClaims & { readonly proof: string | null },
  nonce: string | null,
  version: SecretVersion,
): "proven" | "unproven" | "refused" => {
  if (claims.proof === null || !version.enabled) return "unproven";
  return proofHolds(claims, nonce, claims.proof, version.key) ? "proven" : "refused";
};
