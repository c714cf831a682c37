import { confirmationsOf } from "../../rotation/gate/confirmations";
import { gate, type GateInput, mustSearch } from "../../rotation/gate/gate";
import type { Searched } from "../../rotation/gate/key-copies";
import type { Sightings } from "../../rotation/gate/sightings";
import type { Opening } from "../../rotation/moves/evidence";
import { searchFirst } from "./search-account";
import { type Decision, type Done, type GoodSnapshot, type StepContext, wait } from "./step-context";

/** What waits behind a gate. */
interface Gated {
  readonly state: GateInput["state"];
  readonly context: StepContext;
  readonly sightings: Sightings;
  /** What `run` does. */
  readonly words: string;
}

/**
 * A step that needs the keys, once the gate is open and the account is searched. `meanwhile`: what else the step needs,
 * which is read while the search takes its time.
 */
export const onKeysBehindGate = (
  gated: Gated,
  run: (opening: Opening, snapshot: GoodSnapshot) => Promise<Done>,
  meanwhile: () => Promise<unknown> = async () => undefined,
): Decision => {
  const { context, words } = gated;
  const searches = mustSearch(inputOf(gated));
  const opening = openingOf(gated, searches ? null : context.record.searched);
  if (opening === null) return wait;
  return {
    kind: "actOnKeys",
    words,
    run: async (snapshot) => {
      if (!searches) return run(opening, snapshot);
      const [found] = await Promise.all([searchFirst(context, gated.state.active, snapshot), meanwhile()]);
      return "version" in found ? run({ ...opening, searched: found }, snapshot) : found;
    },
  };
};

/** A step that needs the keys only where the account must be searched first. */
export const behindGate = (gated: Gated, run: (opening: Opening) => Done): Decision => {
  if (mustSearch(inputOf(gated))) return onKeysBehindGate(gated, async (opening) => run(opening));
  const opening = openingOf(gated, gated.context.record.searched);
  return opening === null ? wait : { kind: "act", words: gated.words, run: async () => run(opening) };
};

/** Pause and a refused key are the loop's to check: it takes no step while paused, and asks Batch after this. */
const inputOf = ({ state, context: { config, record, now }, sightings }: Gated): GateInput => ({
  config,
  state,
  phaseSince: record.phaseClock.since,
  sightings,
  pause: null,
  hold: null,
  searched: record.searched,
  now,
});

/**
 * Why the gate is open, and who opened it, at the instant of that decision; null where it is shut.
 * `searched`: null where a search is still to come.
 */
const openingOf = (gated: Gated, searched: Searched | null): Opening | null => {
  const { config, now } = gated.context;
  const { state, sightings } = gated;
  const found = gate({ ...inputOf(gated), searched });
  if (!found.open) return null;
  const confirmations = confirmationsOf(config.gate, state.active, sightings, now);
  return { override: found.override, confirmations, searched, readers: sightings.readers };
};
