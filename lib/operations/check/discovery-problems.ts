import type { App } from "../../app";
import type { Held } from "../../rotation/account-config";
import type { FoundProblem } from "../../rotation/discovery/resolve-found";

/** What is wrong with one account that has or had the tag. */
export interface DiscoveryProblemBody extends Omit<FoundProblem, "reason"> {
  readonly reason: FoundProblem["reason"] | Held["reason"];
}

/** Of accounts that cannot be rotated, and of those that are paused because of it. */
export const discoveryProblemsOf = ({ accounts }: Pick<App, "accounts">): readonly DiscoveryProblemBody[] => [
  ...(accounts.found()?.problems ?? []),
  ...accounts.list().flatMap(({ name, batch, discovered }) => {
    const held = discovered?.held ?? null;
    return held === null ? [] : [{ account: name, resourceId: batch.resourceId, ...held }];
  }),
];
