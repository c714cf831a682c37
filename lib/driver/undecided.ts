import type { State } from "../rotation/phases";
import type { Decision, StepContext } from "./steps/step-context";
import { decide } from "./steps/steps";

/** What the decision needs could not be read. */
export interface Undecided {
  readonly kind: "undecided";
  readonly error: unknown;
}

/** Reports that cannot be read must not keep a dead key published: vault and live keys are compared all the same. */
export const decideOrFail = async (state: State, context: StepContext): Promise<Decision | Undecided> => {
  try {
    return await decide(state, context);
  } catch (error) {
    return { kind: "undecided", error };
  }
};
