import { heardAt } from "../gate/signals";
import { type Instant, latest, latestOf, plusMs, toInstant } from "../time/time";
import { days } from "../time/units";
import type { AccountView } from "../waiting";

/** Microsoft's policy: *Batch accounts should have local authentication methods disabled*. */
export const sharedKeyPolicyId = "6f68b69f-05fe-49cd-b361-777ee9ca7e35";

/** The command after which the Batch account takes tokens of Entra ID alone. */
const switchOffCommand = (resourceId: string): string =>
  `az resource update --ids ${resourceId} ` +
  `--set properties.allowedAuthenticationModes="['AAD','TaskAuthenticationToken']"`;

const subscriptionOf = (resourceId: string): string => /^\/subscriptions\/[^/]+/.exec(resourceId)?.[0] ?? resourceId;

/** Keeps shared keys off from then on; `Audit` in place of `Deny` only reports. */
const policyCommand = (resourceId: string): string =>
  `az policy assignment create --name batch-without-shared-keys --policy ${sharedKeyPolicyId} ` +
  `--scope ${subscriptionOf(resourceId)} --params '{"effect":{"value":"Deny"}}'`;

/** In their order: the account is taken out first, else its rotator would be blocked as `SharedKeyNotAllowed`. */
export const stepsOfWayOut = (resourceId: string): readonly string[] => [
  "1. ask the owners of its apps, and take the account out of ROTATION_ACCOUNTS",
  `2. ${switchOffCommand(resourceId)}`,
  `3. ${policyCommand(resourceId)}`,
];

/** Longer than a month's jobs are silent. */
const unusedMs = days(30);

export interface KeyUses extends Pick<AccountView, "record" | "config" | "sightings" | "now"> {
  /** When an event of Azure has reported last that the keys were listed outside the rotator; null where none has. */
  readonly keysListedAt: Instant | null;
}

/**
 * Since when nothing is known to have used the keys of an account, where that is 30 days or more. Null where they may
 * be in use, or where nothing could show it: without consumers, in the middle of a rotation, where a platform gives
 * the key to an app. Silence proves nothing: an app may hold a copy of the key.
 */
export const keysUnusedSince = ({ record, config, sightings, keysListedAt, now }: KeyUses): Instant | null => {
  if (record.state.phase !== "idle" || record.failure !== null) return null;
  if (config.gate.consumers.length === 0 || sightings.platforms.length > 0) return null;
  const reported = latestOf(sightings.reports, heardAt);
  const read = latestOf(sightings.readers?.readers ?? [], ({ lastAt }) => lastAt);
  const uses = [reported, read, keysListedAt].filter((at) => at !== null);
  const since = latest(record.phaseClock.since, ...uses);
  return since <= plusMs(toInstant(now), -unusedMs) ? since : null;
};
