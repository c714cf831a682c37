import { OperatorNeededError, TransientServiceError } from "../errors";
import { driftRepaired, slotAdopted, type StateWithActive, versionAdopted } from "../rotation/corrections";
import { otherSlot } from "../rotation/phases";
import { probe, publish, slotOf } from "./key-operations";
import type { Done, KeySnapshot, StepContext } from "./step-context";

/**
 * How vault and Batch compare with the record. `accountEndpoint`: as it was read again, where the recorded one did not
 * answer.
 */
export type Reconciled = Comparison & { readonly accountEndpoint?: string };

type Comparison =
  /**
   * `unproven`: the lists agree, but the data plane did not answer. The error says why; no key may be regenerated then.
   */
  | { readonly kind: "agrees"; readonly snapshot: KeySnapshot | null; readonly unproven?: unknown }
  /** Batch lists the published key as live, but its data plane refuses it. */
  | { readonly kind: "refused"; readonly detail: string }
  /** They differ, and `run` corrects it. */
  | { readonly kind: "differs"; readonly words: string; readonly run: () => Promise<Done> };

/**
 * Do apps read a key that works, and is it the one the record says?
 * The cheap form costs Resource Manager nothing: the newest version is the recorded one, and one signed call with it is
 * accepted. Where that fails, or a full comparison is needed, both live keys are read and compared in memory. A data
 * plane that does not answer ends nothing: the account may have been recreated elsewhere, so its endpoint is read
 * again, as it is whenever a comparison is `due`.
 */
export const reconcile = async (
  context: StepContext,
  state: StateWithActive,
  need: "cheap" | "full" | "due",
): Promise<Reconciled> => {
  const { ports, config, call } = context;
  const newest = await ports.secrets.newest(config.secret, call());
  const first = await ask(context, newest);
  if (need === "cheap" && first.kind === "accepted" && newest?.version === state.active.version)
    return { kind: "agrees", snapshot: null };
  try {
    const moved = first.kind === "unanswered" || need === "due" ? await movedTo(context) : null;
    const here = moved === null ? context : { ...context, record: { ...context.record, accountEndpoint: moved } };
    const answer = moved === null ? first : await ask(here, newest);
    const keys = await ports.batch.readKeys(config.batch, call());
    const compared = await compare(here, state, { keys, newest }, answer);
    return moved === null ? compared : { ...compared, accountEndpoint: moved };
  } catch (error) {
    // Where both fail, the refusal that an operator can lift says more.
    if (first.kind === "unanswered" && first.error instanceof OperatorNeededError) throw first.error;
    throw error;
  }
};

/** What the data plane says about the newest version's key. */
type Answer =
  | { readonly kind: "accepted" | "refused" }
  /** There is no newest version, or `probe` is `none`. */
  | { readonly kind: "notAsked" }
  | { readonly kind: "unanswered"; readonly error: unknown };

const ask = async (context: StepContext, newest: KeySnapshot["newest"]): Promise<Answer> => {
  if (newest === null || context.config.probe === "none") return { kind: "notAsked" };
  try {
    return { kind: await probe(context, newest.key) };
  } catch (error) {
    return { kind: "unanswered", error };
  }
};

/** The endpoint of the account, where it is not the recorded one. */
const movedTo = async ({ ports, config, record, call }: StepContext): Promise<string | null> => {
  const { accountEndpoint } = await ports.batch.readAccount(config.batch, call());
  return accountEndpoint === record.accountEndpoint ? null : accountEndpoint;
};

const compare = async (
  context: StepContext,
  state: StateWithActive,
  snapshot: KeySnapshot,
  answer: Answer,
): Promise<Comparison> => {
  const { newest, keys } = snapshot;
  const slot = newest === null ? null : slotOf(keys, newest.key);
  if (newest !== null && newest.version !== state.active.version) await refuseStaleRead(context, state, newest);
  if (newest === null || slot === null) return drifted(context, state, snapshot);
  const agrees: Comparison = {
    kind: "agrees",
    snapshot,
    ...(answer.kind === "unanswered" ? { unproven: answer.error } : {}),
  };
  if (slot === otherSlot(state.active.slot))
    return isOwnPublication(state) ? agrees : takenOver(context, state, newest.version);
  if (answer.kind === "refused") {
    const detail = `Batch refuses the ${slot} key that its own key list shows and version ${newest.version} holds`;
    return { kind: "refused", detail };
  }
  return newest.version === state.active.version ? agrees : anotherVersion(context, state, newest.version);
};

/** During a failover the vault can answer from before the recorded version: that is not a manual publication. */
const refuseStaleRead = async (
  { ports, config, call }: StepContext,
  state: StateWithActive,
  newest: NonNullable<KeySnapshot["newest"]>,
): Promise<void> => {
  const recorded = await ports.secrets.version(config.secret, state.active.version, call());
  if (recorded?.enabled === true && newest.createdAt < recorded.createdAt)
    throw new TransientServiceError({ operation: "Key Vault read of the newest version", code: "StaleRead" });
};

/**
 * In these phases the next publication of this rotation is the standby key: where it is published already,
 * an earlier attempt of that very step did it, and the step continues from there.
 */
const isOwnPublication = ({ phase }: StateWithActive): boolean => phase === "regenerated" || phase === "retired";

const anotherVersion = ({ ports }: StepContext, state: StateWithActive, version: string): Comparison => ({
  kind: "differs",
  words: `adopt version ${version}, which holds the ${state.active.slot} key as well`,
  run: async () => versionAdopted(state, version, ports.clock.now()),
});

const takenOver = ({ ports }: StepContext, state: StateWithActive, version: string): Comparison => ({
  kind: "differs",
  words: `adopt the ${otherSlot(state.active.slot)} key, which was published manually as version ${version}`,
  run: async () => slotAdopted(state, version, ports.clock.now()),
});

const drifted = (context: StepContext, state: StateWithActive, { keys, newest }: KeySnapshot): Comparison => {
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
