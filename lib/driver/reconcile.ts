import { driftRepaired, slotAdopted, type StateWithActive, versionAdopted } from "../rotation/corrections";
import { otherSlot } from "../rotation/phases";
import { probe, publish, slotOf } from "./key-operations";
import type { Done, KeySnapshot, StepContext } from "./step-context";

/** How vault and Batch compare with the record. */
export type Reconciled =
  | { readonly kind: "agrees"; readonly snapshot: KeySnapshot | null }
  /** Batch lists the published key as live, but its data plane refuses it. */
  | { readonly kind: "refused"; readonly detail: string }
  /** They differ, and `run` corrects it. */
  | { readonly kind: "differs"; readonly words: string; readonly run: () => Promise<Done> };

/**
 * Do apps read a key that works, and is it the one the record says?
 * The cheap form costs Resource Manager nothing: the newest version is the recorded one, and one signed call with it is
 * accepted. Where that fails, or `full` is set, both live keys are read and compared in memory.
 */
export const reconcile = async (context: StepContext, state: StateWithActive, full: boolean): Promise<Reconciled> => {
  const { ports, config, call } = context;
  const newest = await ports.secrets.newest(config.secret, call());
  const works = newest === null || config.probe === "none" ? null : (await probe(context, newest.key)) === "accepted";
  if (!full && works === true && newest?.version === state.active.version) return { kind: "agrees", snapshot: null };
  const keys = await ports.batch.readKeys(config.batch, call());
  return compare(context, state, { keys, newest }, works);
};

const compare = (
  context: StepContext,
  state: StateWithActive,
  snapshot: KeySnapshot,
  works: boolean | null,
): Reconciled => {
  const { newest, keys } = snapshot;
  const slot = newest === null ? null : slotOf(keys, newest.key);
  if (newest === null || slot === null) return drifted(context, state, snapshot);
  if (slot === otherSlot(state.active.slot))
    return isOwnPublication(state) ? { kind: "agrees", snapshot } : takenOver(context, state, newest.version);
  if (works === false) {
    const detail = `Batch refuses the ${slot} key that its own key list shows and version ${newest.version} holds`;
    return { kind: "refused", detail };
  }
  return newest.version === state.active.version
    ? { kind: "agrees", snapshot }
    : anotherVersion(context, state, newest.version);
};

/**
 * In these phases the next publication of this rotation is the standby key: where it is published already,
 * an earlier attempt of that very step did it, and the step continues from there.
 */
const isOwnPublication = ({ phase }: StateWithActive): boolean => phase === "regenerated" || phase === "retired";

const anotherVersion = ({ ports }: StepContext, state: StateWithActive, version: string): Reconciled => ({
  kind: "differs",
  words: `adopt version ${version}, which holds the ${state.active.slot} key as well`,
  run: async () => versionAdopted(state, version, ports.clock.now()),
});

const takenOver = ({ ports }: StepContext, state: StateWithActive, version: string): Reconciled => ({
  kind: "differs",
  words: `adopt the ${otherSlot(state.active.slot)} key, which was published manually as version ${version}`,
  run: async () => slotAdopted(state, version, ports.clock.now()),
});

const drifted = (context: StepContext, state: StateWithActive, { keys, newest }: KeySnapshot): Reconciled => {
  const { slot } = state.active;
  const why =
    newest === null
      ? `the vault held no version of the secret; the ${slot} key is published again`
      : `version ${newest.version} held neither live key (the ${slot} key was regenerated manually, ` +
        `or another value was written); the live ${slot} key is published`;
  return {
    kind: "differs",
    words: `publish the live ${slot} key, because ${why}`,
    run: async () => {
      const rotationId = "rotation" in state ? state.rotation.id : context.ports.ids.next();
      const as = await publish(context, slot, keys, rotationId);
      return driftRepaired(state, as, why, context.ports.clock.now());
    },
  };
};
