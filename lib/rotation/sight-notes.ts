import type { AccountConfig } from "./account-config";
import type { EventDraft } from "./events/events";
import type { AppServiceSeen } from "./platforms/app-service-seen";
import { readersFound } from "./gate/readers-found";
import type { PlatformSeen, Sightings } from "./gate/sightings";
import type { Noted } from "./noted";
import type { RotationRecord } from "./record";

export interface SightNote {
  readonly drafts: readonly EventDraft[];
  readonly noted: Noted;
}

/**
 * What the history is still to say of what was seen while the account waits at its gate; null for nothing. It follows
 * from what is stored: so a crash between the look and the note loses nothing, and doubles nothing.
 */
export const sightNote = (
  { state, noted }: Pick<RotationRecord, "state" | "noted">,
  config: AccountConfig,
  { platforms, readers }: Sightings,
  now: Date,
): SightNote | null => {
  if (state.active === null) return null;
  const { version } = state.active;
  const before = noted.version === version ? noted.refreshed : [];
  const added = platforms.filter(isRefreshed(config, version)).filter(({ consumer }) => !before.includes(consumer));
  const found = state.phase === "adopting" && !noted.readers && readers !== null && readers.through !== null;
  const drafts = [...(found ? [readersFound(config, readers, now)] : []), ...added.map(refreshed)];
  if (drafts.length === 0) return null;
  const names = [...before, ...added.map(({ consumer }) => consumer)];
  return { drafts, noted: { readers: noted.readers || found, version, refreshed: names } };
};

const isRefreshed =
  ({ gate }: AccountConfig, version: string) =>
  (seen: PlatformSeen): seen is AppServiceSeen =>
    seen.kind === "appService" &&
    seen.version === version &&
    seen.refresh.answeredAt !== null &&
    gate.consumers.some(({ name, platform }) => name === seen.consumer && platform?.resourceId === seen.resourceId);

const refreshed = ({ consumer, version, refresh }: AppServiceSeen): EventDraft => ({
  event: "ConsumerRefreshed",
  detail:
    `${consumer} was refreshed by its platform at ${refresh.answeredAt}, so it reads version ${version} of ` +
    "the secret",
});
