import type { UnprotectedAccount } from "../account-directory";
import type { AccountConfig } from "../rotation/account-config";
import { type KnownAccount, resourceKey } from "../rotation/discovery/known-account";
import type { FoundProblem } from "../rotation/discovery/resolve-found";

/** The accounts in scope with shared keys that no rotator handles, in the order of their resource ids. */
export const unprotectedAmong = (
  known: Iterable<KnownAccount>,
  problems: readonly FoundProblem[],
  handledAs: (resourceKey: string) => AccountConfig | null,
): readonly UnprotectedAccount[] => {
  const problemOf = new Map(problems.map(({ resourceId, reason }) => [resourceKey(resourceId), reason]));
  const found: UnprotectedAccount[] = [];
  for (const { resourceId, sharedKey, missing } of known) {
    const key = resourceKey(resourceId);
    const config = handledAs(key);
    const isHandled = config !== null && config.discovered?.held?.reason !== "TagRemoved";
    if (!sharedKey || isHandled || missing?.kind === "AccountGone") continue;
    const reason = problemOf.get(key) ?? (missing === null ? "NotTagged" : missing.kind);
    found.push({ resourceId, name: resourceId.slice(resourceId.lastIndexOf("/") + 1), reason });
  }
  return found.toSorted((one, other) => (resourceKey(one.resourceId) < resourceKey(other.resourceId) ? -1 : 1));
};
