import { slotOf } from "../keys";
import { otherSlot } from "../rotation/phases";
import { driftRepaired, slotAdopted, type StateWithActive, versionAdopted } from "../rotation/transitions";
import { type StepContext, type Done, type KeySnapshot, probe, publish } from "./steps";

/** How vault and Batch stand to the record. */
export type Reconciled =
  | { readonly kind: "agrees"; readonly look: KeySnapshot | null }
  /** Batch lists the published key as live, but its data plane refuses it. */
  | { readonly kind: "refused"; readonly detail: string }
  /** They differ, and this mends it. */
  | { readonly kind: "differs"; readonly words: string; readonly run: () => Promise<Done> };

/**
 * Do apps read a key that works, and is it the one the record says?
 * The cheap form costs Resource Manager nothing: the newest version is the recorded one, and one signed call with it is accepted.
 * Where that fails, or `full` is asked for, both live keys are read and compared in memory.
 */
export const reconcile = async (bench: StepContext, state: StateWithActive, full: boolean): Promise<Reconciled> => {
  const { ports, config, call } = bench;
  const newest = await ports.secrets.newest(config.secret, call());
  const works = newest === null || config.probe === "none" ? null : (await probe(bench, newest.key)) === "accepted";
  if (!full && works === true && newest?.version === state.active.version) return { kind: "agrees", look: null };
  const keys = await ports.batch.readKeys(config.batch, call());
  return compare(bench, state, { keys, newest }, works);
};

const compare = (bench: StepContext, state: StateWithActive, look: KeySnapshot, works: boolean | null): Reconciled => {
  const { newest, keys } = look;
  const slot = newest === null ? null : slotOf(keys, newest.key);
  if (newest === null || slot === null) return drifted(bench, state, look);
  if (slot === otherSlot(state.active.slot) && !isOwnPublication(state)) return takenOver(bench, state, newest.version);
  if (slot === state.active.slot && works === false) {
    return {
      kind: "refused",
      detail: `Batch refuses the ${slot} key that its own key list shows and version ${newest.version} holds`,
    };
  }
  if (slot === state.active.slot && newest.version !== state.active.version) {
    return {
      kind: "differs",
      words: `adopt version ${newest.version}, which holds the ${slot} key as well`,
      run: async () => versionAdopted(state, newest.version, bench.ports.clock.now()),
    };
  }
  return { kind: "agrees", look };
};

/**
 * In these phases the next thing this rotation publishes is the standby key: where it is published already,
 * an earlier try of that very step did it, and the step takes it from there.
 */
const isOwnPublication = ({ phase }: StateWithActive): boolean => phase === "regenerated" || phase === "retired";

const takenOver = ({ ports }: StepContext, state: StateWithActive, version: string): Reconciled => ({
  kind: "differs",
  words: `adopt the ${otherSlot(state.active.slot)} key, which somebody published as version ${version}`,
  run: async () => slotAdopted(state, version, ports.clock.now()),
});

const drifted = (bench: StepContext, state: StateWithActive, { keys, newest }: KeySnapshot): Reconciled => {
  const { slot } = state.active;
  const why =
    newest === null
      ? `the vault held no version of the secret; the ${slot} key is published again`
      : `version ${newest.version} held neither live key (somebody regenerated the ${slot} key or wrote another value); the live ${slot} key is published`;
  return {
    kind: "differs",
    words: `publish the live ${slot} key, because ${why}`,
    run: async () => {
      const rotationId = "rotation" in state ? state.rotation.id : bench.ports.ids.next();
      const as = await publish(bench, slot, keys, rotationId);
      return driftRepaired(state, as, why, bench.ports.clock.now());
    },
  };
};
