import { OperatorNeededError, TransientServiceError } from "../errors";
import { slotOf } from "../keys";
import type { BatchAccount, CallOptions, Ports, Receipt, SecretVersion, SlotKeys } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import { confirmationsOf } from "../rotation/gate/consumers";
import { type Gate, gate } from "../rotation/gate/gate";
import {
  type RotationRequest,
  otherSlot,
  type Phase,
  type Published,
  phaseFacts,
  type Slot,
  type StateOf,
} from "../rotation/phases";
import type { Hold, Pause, RotationRecord } from "../rotation/record";
import { rollbackDue } from "../rotation/gate/rollback";
import { scheduledDue } from "../rotation/schedule";
import type { InstanceReport } from "../rotation/gate/signals";
import { plusMs, toInstant } from "../rotation/time/time";
import * as to from "../rotation/transitions";

/** What a step works with. Everything here is for one account, under one claim. */
export interface StepContext {
  readonly ports: Ports;
  readonly config: AccountConfig;
  readonly record: RotationRecord;
  readonly by: string;
  /** A fresh limit for one external call; it ends before the claim does. */
  readonly call: () => CallOptions;
  /** The only way to regenerate: checks the quarantine and the claim, writes the intent, then sends once. */
  readonly regenerate: (slot: Slot) => Promise<Receipt>;
  /** Writes down that the rotation is to be rolled back, before anything is published. */
  readonly markRollback: (asked: Pause) => Promise<void>;
}

export type Waits = { readonly hold: Omit<Hold, "since"> | null };
export type Done = to.Move | Waits;

/** Both live keys, and what apps read, as they were just now. Only ever in memory. */
export interface KeySnapshot {
  readonly keys: SlotKeys;
  readonly newest: Extract<SecretVersion, { enabled: true }> | null;
}

/**
 * What a phase asks for: to wait, or to act. `onKeys` acts after a full comparison of vault and live keys has found them in order,
 * and is handed what was seen.
 */
export type Decision =
  | { readonly kind: "wait" }
  | { readonly kind: "act"; readonly words: string; readonly run: () => Promise<Done> }
  | { readonly kind: "actOnKeys"; readonly words: string; readonly run: (look: KeySnapshot) => Promise<Done> };

type Step<P extends Phase> = (state: StateOf<P>, bench: StepContext) => Promise<Decision> | Decision;

/** The whole procedure, top to bottom. Deciding only reads; `run` changes something, and every run can be repeated. */
export const steps: { readonly [P in Phase]: Step<P> } = {
  adopting: (state, bench) => (state.active === null ? firstSight(bench) : confirmAdoption(state.active, state, bench)),
  idle: (state, bench) => startWhenDue(state, bench),
  started: (state, bench) => regenerateTarget(state, bench),
  regenerated: (state, bench) => publishTarget(state, bench),
  published: (state, bench) => retirePrevious(state, bench),
  retired: (state, bench) => proveRetired(state, bench),
  settling: (state, bench) => finishSettling(state, bench),
};

const waits: Decision = { kind: "wait" };

/**
 * Before anything is ever regenerated: which key do apps read? A live one is adopted as it is; without one the primary is published, which breaks nobody.
 * Safe twice: what a first run published is found as live by the second.
 */
const firstSight = async (bench: StepContext): Promise<Decision> => {
  const { ports, config, call } = bench;
  const account = await ports.batch.readAccount(config.batch, call());
  if (!account.sharedKeyAllowed) throw sharedKeyNotAllowed(config);
  const newest = await ports.secrets.newest(config.secret, call());
  const keys = await ports.batch.readKeys(config.batch, call());
  const slot = newest === null ? null : slotOf(keys, newest.key);
  if (newest === null || slot === null) {
    const why = newest === null ? "the vault held no secret" : "the vault's value was neither key";
    return {
      kind: "act",
      words: `publish the primary key as it is, because ${why}`,
      run: () => publishFirst(bench, account, keys, why),
    };
  }
  const active = { slot, version: newest.version, publishedAt: newest.createdAt, keyMadeAt: newest.createdAt };
  return {
    kind: "act",
    words: `adopt version ${newest.version}, which holds the ${slot} key`,
    run: async () => to.foundPublished(active, account.accountEndpoint, ports.clock.now()),
  };
};

const publishFirst = async (bench: StepContext, account: BatchAccount, keys: SlotKeys, why: string): Promise<Done> => {
  const { accountEndpoint } = account;
  // It may have been regenerated a moment ago: by hand, or by a rotation that a change of configuration ended.
  if (await probeRefuses({ ...bench, record: { ...bench.record, accountEndpoint } }, keys.primary))
    return newKeyNotAcceptedYet("primary");
  const { version, requestId } = await publish(bench, "primary", keys, bench.ports.ids.next());
  const now = bench.ports.clock.now();
  const active = { slot: "primary", version, publishedAt: toInstant(now), keyMadeAt: toInstant(now) } as const;
  return to.publishedAtFirstSight(active, account.accountEndpoint, why, requestId, now);
};

/** Behind the gate: somebody may still be on the standby key, which the first rotation will regenerate. Safe twice: changes the record only. */
const confirmAdoption = async (
  active: Published,
  state: StateOf<"adopting">,
  bench: StepContext,
): Promise<Decision> => {
  const found = await askGate(bench, { ...state, active });
  return found.open
    ? { kind: "act", words: "end the adoption", run: async () => to.adopted(active, found.override) }
    : waits;
};

/** Safe twice: changes the record only, and under the claim. */
const startWhenDue = (state: StateOf<"idle">, { ports, config, record, by }: StepContext): Decision => {
  const due = scheduledDue(record, config, ports.clock.now());
  if (!due.due || !due.startsNow) return waits;
  const request: RotationRequest = record.restart ?? {
    trigger: "schedule",
    reason: `due since ${due.at}`,
    by,
    retireAfterMs: null,
    idempotencyKey: null,
  };
  return {
    kind: "act",
    words: phaseFacts.idle.next,
    run: async () => to.rotationStarted(state, { id: ports.ids.next(), ...request }, ports.clock.now()),
  };
};

/** Safe twice: nobody holds the target key before it is published, so another one in its place harms nobody. */
const regenerateTarget = (state: StateOf<"started">, { ports, regenerate }: StepContext): Decision => ({
  kind: "actOnKeys",
  words: `regenerate the ${state.rotation.target} key, which nobody uses`,
  run: async () => {
    const { requestId } = await regenerate(state.rotation.target);
    return to.targetRegenerated(state, requestId, ports.clock.now());
  },
});

/**
 * Proves that the new key works, then publishes it.
 * Safe twice: where the newest version holds the target key already, the first run's publication is taken as it is.
 */
const publishTarget = (state: StateOf<"regenerated">, bench: StepContext): Decision => ({
  kind: "actOnKeys",
  words: `publish the ${state.rotation.target} key`,
  run: async ({ keys, newest }) => {
    const refused = await probeRefuses(bench, keys[state.rotation.target]);
    if (refused) return newKeyNotAcceptedYet(state.rotation.target);
    const there = newest !== null && newest.key.equals(keys[state.rotation.target]);
    const as = there
      ? { version: newest.version }
      : await publish(bench, state.rotation.target, keys, state.rotation.id);
    return to.targetPublished(state, as, bench.ports.clock.now());
  },
});

/**
 * The step that can break an app, so it comes last and behind the gate.
 * Safe twice: a previous key that is no longer what its secret version says has been replaced already and is left alone.
 */
const retirePrevious = async (state: StateOf<"published">, bench: StepContext): Promise<Decision> => {
  const reports = await readReports(bench);
  const unhealthy = rollbackDue(bench.config.gate, state.active, reports, bench.ports.clock.now());
  if (unhealthy !== null) return rollBackByItself(state, bench, unhealthy);
  const found = await askGate(bench, state, reports);
  if (!found.open) return waits;
  const { previous } = state.rotation;
  return {
    kind: "actOnKeys",
    words: `regenerate the ${previous} key, which every consumer has left`,
    run: async ({ keys }) => {
      const old = await bench.ports.secrets.version(bench.config.secret, state.previousVersion, bench.call());
      const byOthers = old?.enabled === true && !keys[previous].equals(old.key);
      const requestId = byOthers ? null : (await bench.regenerate(previous)).requestId;
      const now = bench.ports.clock.now();
      const confirmations = confirmationsOf(bench.config.gate, state.active, reports, now);
      return to.previousRetired(state, { override: found.override, byOthers, requestId, confirmations }, now);
    },
  };
};

/**
 * Proves that the old key is dead and disables its version; with `settleOn: "primary"` publishes the fresh primary next.
 * Safe twice: a version that is disabled already was proven dead by the run that disabled it; a published primary is found.
 */
const proveRetired = (state: StateOf<"retired">, bench: StepContext): Decision => {
  const settles = bench.config.settleOn === "primary" && state.active.slot === "secondary";
  return {
    kind: "actOnKeys",
    words: settles ? `${phaseFacts.retired.next}, then publish the primary key` : phaseFacts.retired.next,
    run: async (look) => {
      const alive = await disableDead(state, look, bench);
      if (alive !== null) return alive;
      return settles
        ? settle(state, look, bench)
        : to.rotationCompleted(state, provenDead(state, bench), bench.ports.clock.now());
    },
  };
};

const provenDead = ({ previousVersion }: StateOf<"retired">, { config }: StepContext): to.ProvenDead => ({
  disabledVersion: previousVersion,
  provenDeadBy:
    config.probe === "dataPlane" ? "a signed call with the old key was refused" : "the old key is neither live key",
});

const disableDead = async (
  state: StateOf<"retired">,
  { keys }: KeySnapshot,
  bench: StepContext,
): Promise<Waits | null> => {
  const { ports, config, call } = bench;
  const old = await ports.secrets.version(config.secret, state.previousVersion, call());
  if (old === null || !old.enabled) return null;
  // The live active key has just been accepted (or compared), so a refusal here is about this key, not about a clock or a firewall.
  if (slotOf(keys, old.key) !== null || (await probeAccepts(bench, old.key))) {
    return {
      hold: {
        reason: "OldKeyStillAccepted",
        detail: `Batch still accepts the old ${state.rotation.previous} key, version ${state.previousVersion}`,
      },
    };
  }
  await ports.secrets.disable(config.secret, state.previousVersion, call());
  return null;
};

const settle = async (state: StateOf<"retired">, { keys, newest }: KeySnapshot, bench: StepContext): Promise<Done> => {
  const slot = otherSlot(state.active.slot);
  if (await probeRefuses(bench, keys[slot])) return newKeyNotAcceptedYet(slot);
  const there = newest !== null && newest.key.equals(keys[slot]);
  const as = there ? { version: newest.version } : await publish(bench, slot, keys, state.rotation.id);
  return to.settlingStarted(state, as, provenDead(state, bench), bench.ports.clock.now());
};

/** Safe twice: changes the record only. */
const finishSettling = async (state: StateOf<"settling">, bench: StepContext): Promise<Decision> => {
  const found = await askGate(bench, state);
  return found.open
    ? {
        kind: "act",
        words: "end the rotation on the primary key",
        run: async () => to.rotationCompleted(state, null, bench.ports.clock.now()),
      }
    : waits;
};

const rollBackByItself = (state: StateOf<"published">, bench: StepContext, reason: string): Decision => {
  const asked: Pause = { since: toInstant(bench.ports.clock.now()), by: bench.by, reason };
  return {
    kind: "act",
    words: `roll back to the ${state.rotation.previous} key, because ${reason}`,
    run: async () => {
      await bench.markRollback(asked);
      return rollBack(state, bench, asked);
    },
  };
};

/**
 * Publishes the previous key again, where another is the newest. Never in quarantine: the previous key might be dying.
 * Safe twice: where the newest version holds the previous key already, it is taken as it is.
 */
export const rollBack = async (
  state: StateOf<"started" | "regenerated" | "published">,
  bench: StepContext,
  asked: Pause,
): Promise<Done> => {
  const { ports, config, call } = bench;
  const { previous, id } = state.rotation;
  const newest = await ports.secrets.newest(config.secret, call());
  const keys = await ports.batch.readKeys(config.batch, call());
  const there = newest !== null && newest.key.equals(keys[previous]);
  const as = there ? { version: newest.version } : await publish(bench, previous, keys, id);
  return to.rolledBack(state, as, !there || state.phase === "published", asked, ports.clock.now());
};

const readReports = ({ ports, config, call }: StepContext): Promise<readonly InstanceReport[]> =>
  ports.signals.list(config.name, call());

const askGate = async (
  bench: StepContext,
  state: Parameters<typeof gate>[0]["state"],
  known?: readonly InstanceReport[],
): Promise<Gate> => {
  const { ports, config } = bench;
  const reports = known ?? (await readReports(bench));
  // Pause and a refused key are the driver's to see: it asks Batch after this, and takes no step while paused.
  return gate({ config, state, reports, pause: null, hold: null, now: ports.clock.now() });
};

/** One `setSecret` with everything. */
export const publish = (
  { ports, config, call }: StepContext,
  slot: Slot,
  keys: SlotKeys,
  rotationId: string,
): Promise<Receipt & { readonly version: string }> =>
  ports.secrets.publish(
    config.secret,
    {
      key: keys[slot],
      slot,
      resourceId: config.batch.resourceId,
      rotateEveryMs: config.rotateEveryMs,
      expiresAt: plusMs(toInstant(ports.clock.now()), config.expireAfterMs),
      rotationId,
    },
    call(),
  );

const newKeyNotAcceptedYet = (slot: Slot): Waits => ({
  hold: {
    reason: "NewKeyNotAcceptedYet",
    detail: `Batch does not accept the new ${slot} key yet, so it is not published`,
  },
});

/** False where probing is switched off: then only a comparison of values can tell. */
const probeRefuses = async (bench: StepContext, key: SlotKeys[Slot]): Promise<boolean> =>
  bench.config.probe === "dataPlane" && (await probe(bench, key)) === "refused";

const probeAccepts = async (bench: StepContext, key: SlotKeys[Slot]): Promise<boolean> =>
  bench.config.probe === "dataPlane" && (await probe(bench, key)) === "accepted";

/** One signed call with this key. */
export const probe = (
  { ports, config, record, call }: StepContext,
  key: SlotKeys[Slot],
): Promise<"accepted" | "refused"> => {
  if (record.accountEndpoint === null)
    throw new TransientServiceError({ operation: "Batch data plane", code: "NoEndpoint" });
  return ports.batch.probe(config.batch, record.accountEndpoint, key, call());
};

const sharedKeyNotAllowed = (config: AccountConfig): OperatorNeededError =>
  new OperatorNeededError(
    "SharedKeyNotAllowed",
    { operation: "Batch account read" },
    `Batch account ${config.batch.accountName} does not allow shared keys: add SharedKey to its allowedAuthenticationModes, or take the account out of ROTATION_ACCOUNTS`,
  );
