import type { Receipt } from "../../ports/call";
import type { Opening } from "../../rotation/moves/evidence";
import { rollbackDue, unhealthyOnNewKeySince } from "../../rotation/gate/rollback";
import {
  otherSlot,
  type Published,
  phaseFacts,
  type RotationRequest,
  type Slot,
  type State,
  type StateOf,
} from "../../rotation/phases";
import { scheduledDue } from "../../rotation/schedule";
import { adopted } from "../../rotation/moves/adoption";
import * as to from "../../rotation/moves/transitions";
import { behindGate, onKeysBehindGate } from "./behind-gate";
import { firstSight } from "./first-sight";
import { publishNext } from "./publish";
import { disableDead } from "./prove-dead";
import { mayRegenerate } from "./read-newest";
import { rollBackUnhealthy } from "./roll-back";
import {
  type Decision,
  type Done,
  type GoodSnapshot,
  lookAgain,
  type Newest,
  type StepContext,
  wait,
} from "./step-context";

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
  const sightings = await context.sightings(state);
  const gated = { state: { ...state, active }, context, sightings, words: "end the adoption" };
  return behindGate(gated, (opening) => adopted(active, opening));
};

/**
 * Safe twice: changes the record only, and under the claim. A scheduled rotation is counted by the fleet first; one
 * that was counted and never started is counted anew.
 */
const startWhenDue = (state: StateOf<"idle">, { ports, config, record, by, now, admit }: StepContext): Decision => {
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
    run: async () => {
      const id = ports.ids.next();
      if (request.trigger === "schedule" && !(await admit(id, due.at))) return { hold: null };
      return to.rotationStarted(state, { id, ...request }, record, now);
    },
  };
};

/** Whatever the record says: the history may know a later version than the newest, and its key may be this one. */
const regenerate = async (slot: Slot, newest: Newest, context: StepContext): Promise<Receipt | null> => {
  if (await mayRegenerate(context, newest)) return context.regenerate(slot, newest.version);
  await context.catchUp();
  return null;
};

/** Safe twice: no app holds the target key before it is published, so replacing it again breaks none. */
const regenerateTarget = (state: StateOf<"started">, context: StepContext): Decision => ({
  kind: "actOnKeys",
  words: `regenerate the ${state.rotation.target} key, which no app uses`,
  run: async ({ newest }) => {
    const sent = await regenerate(state.rotation.target, newest, context);
    return sent === null ? lookAgain : to.targetRegenerated(state, sent.requestId, context.ports.clock.now());
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
    const as = await publishNext(context, target, snapshot, id, state.regeneratedAt);
    return "hold" in as ? as : to.targetPublished(state, as, context.ports.clock.now());
  },
});

/** The step that can break an app, so it comes last and behind the gate: it retires the old key. */
const retirePrevious = async (state: StateOf<"published">, context: StepContext): Promise<Decision> => {
  const sightings = await context.sightings(state);
  context.sawUnhealthy(unhealthyOnNewKeySince(context.config.gate, state, sightings.reports, context.now));
  const unhealthy = rollbackDue(context.config.gate, state, sightings.reports, context.now);
  const back = unhealthy === null ? null : await rollBackUnhealthy(state, context, unhealthy);
  if (back !== null) return back;
  const words = `regenerate the ${state.rotation.previous} key, which every consumer has left`;
  return onKeysBehindGate(
    { state, context, sightings, words },
    (opening, snapshot) => regeneratePrevious(state, context, snapshot, opening),
    () => context.version(state.previousVersion),
  );
};

/**
 * Safe twice: a previous key that is no longer what its secret version says has been replaced already and is not
 * touched.
 */
const regeneratePrevious = async (
  state: StateOf<"published">,
  context: StepContext,
  { keys, newest }: GoodSnapshot,
  opening: Opening,
): Promise<Done> => {
  const { previous } = state.rotation;
  const old = await context.version(state.previousVersion);
  const byOthers = old?.enabled === true && !keys[previous].equals(old.key);
  const sent = byOthers ? { requestId: null } : await regenerate(previous, newest, context);
  if (sent === null) return lookAgain;
  const how = { ...opening, byOthers, requestId: sent.requestId };
  return to.previousRetired(state, how, context.ports.clock.now());
};

/**
 * Proves that the old key is dead and disables its version; with `settleOn: "primary"` publishes the fresh primary
 * next. Safe twice: the proof is recorded before the version is disabled; a published primary is found.
 */
const proveRetired = (state: StateOf<"retired">, context: StepContext): Decision => {
  const settles = context.config.settleOn === "primary" && state.active.slot === "secondary";
  return {
    kind: "actOnKeys",
    words: settles ? `${phaseFacts.retired.next}, then publish the primary key` : phaseFacts.retired.next,
    run: async (snapshot) => {
      const found = await disableDead(state, snapshot, context);
      if ("hold" in found) return found;
      return settles ? settle(found, snapshot, context) : to.rotationCompleted(found, null, context.ports.clock.now());
    },
  };
};

const settle = async (state: StateOf<"retired">, snapshot: GoodSnapshot, context: StepContext): Promise<Done> => {
  const slot = otherSlot(state.active.slot);
  const as = await publishNext(context, slot, snapshot, state.rotation.id, state.retiredAt);
  return "hold" in as ? as : to.settlingStarted(state, as, context.ports.clock.now());
};

/** Safe twice: changes the record only. */
const finishSettling = async (state: StateOf<"settling">, context: StepContext): Promise<Decision> => {
  const sightings = await context.sightings(state);
  const words = "end the rotation on the primary key";
  return behindGate({ state, context, sightings, words }, (opening) =>
    to.rotationCompleted(state, opening, context.ports.clock.now()),
  );
};
