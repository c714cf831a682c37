import type { CallOptions } from "../ports/call";
import type { AccountConfig } from "../rotation/account-config";
import type { ConsumerState } from "../rotation/gate/consumer-state";
import type { GateInput } from "../rotation/gate/gate";
import type { Sightings } from "../rotation/gate/sightings";
import type { RotationRecord } from "../rotation/record";

/** An account that waits at its gate, neither paused nor with an older configuration, at one instant. */
export interface LookInput {
  readonly config: AccountConfig;
  readonly record: RotationRecord;
  readonly state: GateInput["state"];
  /** What is known so far. */
  readonly sightings: Sightings;
  /** Then it may read, and change nothing. */
  readonly dryRun: boolean;
  readonly now: Date;
}

/** A limit for one request, by default that of every call, which ends with the limit of all looks of the account. */
export type Limit = (maxMs?: number) => CallOptions;

/** A request that would change something, and the right that it needs. */
export interface Untried {
  readonly what: string;
  readonly resourceId: string;
  readonly action: string;
}

/** What the preflight tries of one consumer: nothing of it changes anything. */
export interface Preview {
  readonly consumer: string;
  /** Reads what a look reads. Throws as that does. */
  readonly show: () => Promise<ConsumerState>;
  /** What a look may ask for that cannot be tried, with the right that each needs. */
  readonly untried: readonly Untried[];
}

/** Asks one service who uses which key, and stores the answer as a sight. */
export interface Looker {
  /** Of what, in the log. */
  readonly kind: string;
  /** Whether it is to look now. Costs no request: an account that none of them concerns has the same calls as ever. */
  isDue(input: LookInput): boolean;
  /** Looks, and stores what it saw. Where it throws, what was known stays. */
  look(input: LookInput, call: Limit): Promise<void>;
  /** Absent: nothing can be tried. */
  previews?(input: LookInput, call: Limit): readonly Preview[];
}
