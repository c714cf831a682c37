import { confirmationsOf } from "../rotation/gate/consumers";
import { type Gate, gate } from "../rotation/gate/gate";
import { rollbackDue } from "../rotation/gate/rollback";
import type { InstanceReport } from "../rotation/gate/signals";
import {
  otherSlot,
  type Published,
  phaseFacts,
  type RotationRequest,
  type State,
  type StateOf,
} from "../rotation/phases";
import { scheduledDue } from "../rotation/schedule";
import * as to from "../rotation/transitions";
import { firstSight } from "./first-sight";
import { newKeyNotAcceptedYet, probeAccepts, probeRefuses, publishUnlessNewest, slotOf } from "./key-operations";
import { rollBackUnhealthy } from "./roll-back";
import { type Decision, type Done, type KeySnapshot, type StepContext, wait, type Waits } from "./step-context";

/** The whole procedure, top to bottom. Deciding only reads; `run` changes something, and every run can be repeated. */
export const decide = (state: State, context: StepContext): Promise<Decision> | Decision => {
  switch (state.phase) {
    case "adopting":
      return state.active === null ? firstSight(context) : confirmAdoption(state.active, state, context);
    case "idle":
      return startWhenDue(state, context);
    case "started":
      return regenerateTarget(state, context);
    case "regenerated":
      return publishTarget(state, context);
    case "published":
      return retirePrevious(state, context);
    case "retired":
      return proveRetired(state, context);
    case "settling":
      return finishSettling(state, context);
  }
};

/**
 * Behind the gate: an app may be on the standby key, which the first rotation regenerates. Safe twice: changes the
 * record only.
 */
const confirmAdoption = async (
  active: Published,
  state: StateOf<"adopting">,
  context: StepContext,
): Promise<Decision> => {
  const found = await askGate({ ...state, active }, context);
  return found.open
    ? { kind: "act", words: "end the adoption", run: async () => to.adopted(active, found.override) }
    : wait;
};

/** Safe twice: changes the record only, and under the claim. */
const startWhenDue = (state: StateOf<"idle">, { ports, config, record, by, now }: StepContext): Decision => {
  const due = scheduledDue(record, config, now);
  if (!due.due || !due.startsNow) return wait;
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
    run: async () => to.rotationStarted(state, { id: ports.ids.next(), ...request }, now),
  };
};

/** Safe twice: no app holds the target key before it is published, so replacing it again breaks none. */
const regenerateTarget = (state: StateOf<"started">, { ports, regenerate }: StepContext): Decision => ({
  kind: "actOnKeys",
  words: `regenerate the ${state.rotation.target} key, which no app uses`,
  run: async () => {
    const { requestId } = await regenerate(state.rotation.target);
    return to.targetRegenerated(state, requestId, ports.clock.now());
  },
});

/**
 * Proves that the new key works, then publishes it.
 * Safe twice: where the newest version holds the target key already, the first run's publication is kept.
 */
const publishTarget = (state: StateOf<"regenerated">, context: StepContext): Decision => ({
  kind: "actOnKeys",
  words: `publish the ${state.rotation.target} key`,
  run: async (snapshot) => {
    const { target, id } = state.rotation;
    const refused = await probeRefuses(context, snapshot.keys[target]);
    if (refused) return newKeyNotAcceptedYet(target);
    const as = await publishUnlessNewest(context, target, snapshot, id);
    return to.targetPublished(state, as, context.ports.clock.now());
  },
});

/** The step that can break an app, so it comes last and behind the gate: it retires the old key. */
const retirePrevious = async (state: StateOf<"published">, context: StepContext): Promise<Decision> => {
  const reports = await readReports(context);
  const unhealthy = rollbackDue(context.config.gate, state, reports, context.now);
  if (unhealthy !== null) return rollBackUnhealthy(state, context, unhealthy);
  const found = await askGate(state, context, reports);
  if (!found.open) return wait;
  return {
    kind: "actOnKeys",
    words: `regenerate the ${state.rotation.previous} key, which every consumer has left`,
    run: (snapshot) => regeneratePrevious(state, context, snapshot, found.override, reports),
  };
};

/**
 * Safe twice: a previous key that is no longer what its secret version says has been replaced already and is not
 * touched.
 */
const regeneratePrevious = async (
  state: StateOf<"published">,
  context: StepContext,
  { keys }: KeySnapshot,
  override: string | null,
  reports: readonly InstanceReport[],
): Promise<Done> => {
  const { ports, config, call } = context;
  const { previous } = state.rotation;
  const old = await ports.secrets.version(config.secret, state.previousVersion, call());
  const byOthers = old?.enabled === true && !keys[previous].equals(old.key);
  const requestId = byOthers ? null : (await context.regenerate(previous)).requestId;
  const now = ports.clock.now();
  const confirmations = confirmationsOf(config.gate, state.active, reports, now);
  return to.previousRetired(state, { override, byOthers, requestId, confirmations }, now);
};

/**
 * Proves that the old key is dead and disables its version; with `settleOn: "primary"` publishes the fresh primary
 * next.
 * Safe twice: a version that is disabled already was proven dead by the run that disabled it; a published primary is
 * found.
 */
const proveRetired = (state: StateOf<"retired">, context: StepContext): Decision => {
  const settles = context.config.settleOn === "primary" && state.active.slot === "secondary";
  return {
    kind: "actOnKeys",
    words: settles ? `${phaseFacts.retired.next}, then publish the primary key` : phaseFacts.retired.next,
    run: async (snapshot) => {
      const alive = await disableDead(state, snapshot, context);
      if (alive !== null) return alive;
      return settles
        ? settle(state, snapshot, context)
        : to.rotationCompleted(state, provenDead(state, context), context.ports.clock.now());
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
  context: StepContext,
): Promise<Waits | null> => {
  const { ports, config, call } = context;
  const { previousVersion, rotation } = state;
  const old = await ports.secrets.version(config.secret, previousVersion, call());
  if (old === null || !old.enabled) return null;
  // The live active key has just been accepted (or compared), so a refusal here is about this key, not about a clock or
  // a firewall.
  if (slotOf(keys, old.key) !== null || (await probeAccepts(context, old.key))) {
    const detail = `Batch still accepts the old ${rotation.previous} key, version ${previousVersion}`;
    return { hold: { reason: "OldKeyStillAccepted", detail } };
  }
  await ports.secrets.disable(config.secret, previousVersion, call());
  return null;
};

const settle = async (state: StateOf<"retired">, snapshot: KeySnapshot, context: StepContext): Promise<Done> => {
  const slot = otherSlot(state.active.slot);
  if (await probeRefuses(context, snapshot.keys[slot])) return newKeyNotAcceptedYet(slot);
  const as = await publishUnlessNewest(context, slot, snapshot, state.rotation.id);
  return to.settlingStarted(state, as, provenDead(state, context), context.ports.clock.now());
};

/** Safe twice: changes the record only. */
const finishSettling = async (state: StateOf<"settling">, context: StepContext): Promise<Decision> => {
  const found = await askGate(state, context);
  return found.open
    ? {
        kind: "act",
        words: "end the rotation on the primary key",
        run: async () => to.rotationCompleted(state, null, context.ports.clock.now()),
      }
    : wait;
};

const readReports = ({ ports, config, call }: StepContext): Promise<readonly InstanceReport[]> =>
  ports.signals.list(config.name, call());

/** Pause and a refused key are the loop's to check: it takes no step while paused, and asks Batch after this. */
const askGate = async (
  state: Parameters<typeof gate>[0]["state"],
  context: StepContext,
  known?: readonly InstanceReport[],
): Promise<Gate> => {
  const reports = known ?? (await readReports(context));
  const { config, record, now } = context;
  return gate({ config, state, phaseSince: record.phaseClock.since, reports, pause: null, hold: null, now });
};
