import { type Instant, latestOf, plusMs, toInstant } from "../time/time";
import { hours, minutes } from "../time/units";
import type { AppServiceSeen, PlatformRequest, ReferenceSeen } from "./app-service-seen";
import type { ConsumerState, ShutState } from "../gate/consumer-state";
import { notSeen, type PlatformView, staleLook } from "./platform-view";

type View = PlatformView<"appService">;

/** What a look has seen in full. */
export type AppServiceLook = AppServiceSeen & { readonly lookedAt: Instant };

const isLook = (seen: AppServiceSeen): seen is AppServiceLook => seen.lookedAt !== null;

/**
 * App Service reads a reference again after 24 hours at the latest. An hour more, because it does not say when the app
 * has restarted after that.
 */
export const cacheEndsAfterMs = hours(25);

/** While an app restarts, a process from before may still run beside the new one. */
export const appServiceOverlapMs = minutes(2);

/** What the platform calls a reference that it could read, and an instance that serves. */
export const resolved = "Resolved";
const ready = "READY";

type Shut = (detail: string, since: Instant) => ShutState;
const refreshPending: Shut = (detail, since) => ({ state: "RefreshPending", detail, since });
const refreshFailed: Shut = (detail, since) => ({ state: "RefreshFailed", detail, since });

/** The state of an app of App Service, in the order in which an operator can act on it. */
export const appServiceState = (view: View): ConsumerState => {
  const { consumer, published, seen } = view;
  if (seen === null || !isLook(seen)) return notSeen(view);
  const shut = appServiceShut(view, seen) ?? overlaps(view, seen) ?? staleLook(view, seen);
  if (shut !== null) return shut;
  return seen.goodSince === null
    ? refreshPending(`${consumer.name} was not in order at ${seen.lookedAt}`, published.publishedAt)
    : { state: "Good", goodSince: seen.goodSince, evidence: "platform" };
};

const isInSettings = ({ list }: ReferenceSeen): boolean => list === "appSettings";

/** A refresh is known for app settings alone, so without one there is nothing to ask for. */
export const hasSettings = (references: readonly ReferenceSeen[]): boolean => references.some(isInSettings);

export const nameOfSetting = (reference: ReferenceSeen): string =>
  `${isInSettings(reference) ? "setting" : "connection string"} ${reference.setting}`;

/** What a look has found not to be in order, whatever was before; null where everything is. */
export const appServiceShut = (view: View, seen: AppServiceLook): ShutState | null =>
  referencesShut(view, seen) ?? readsShut(view, seen) ?? instancesShut(view, seen);

const referencesShut = ({ consumer, published }: View, { references, secret }: AppServiceSeen): ShutState | null => {
  const since = published.publishedAt;
  const wanted = `@Microsoft.KeyVault(SecretUri=${secret})`;
  if (references.length === 0)
    return refreshFailed(`no setting of ${consumer.name} refers to the secret: set one to ${wanted}`, since);
  const pinned = references.find(({ pinnedTo }) => pinnedTo !== null);
  if (pinned !== undefined) {
    const detail =
      `${nameOfSetting(pinned)} of ${consumer.name} is fixed to version ${pinned.pinnedTo}, so it never reads a new ` +
      `one: set it to ${wanted}`;
    return { state: "PinnedVersion", detail, since };
  }
  const failed = references.find(({ status }) => status !== resolved);
  if (failed === undefined) return null;
  return refreshFailed(`${nameOfSetting(failed)} of ${consumer.name} is not resolved: ${failed.status}`, since);
};

/** Resource Manager does not say which version the app runs on: only a refresh, or a day, shows it. */
const readsShut = (view: View, seen: AppServiceSeen): ShutState | null => {
  const { platform, consumer } = view;
  if (!platform.refresh) return cacheShut(view, `${consumer.name} is not refreshed (refresh: false)`);
  return requestsShut(view, seen) ?? stringsShut(view, seen);
};

const requestsShut = (view: View, { refresh, restart, references }: AppServiceSeen): ShutState | null => {
  if (!hasSettings(references)) return null;
  const unread = requestShut(view, refresh, "refresh");
  return unread ?? (view.platform.restart ? requestShut(view, restart, "restart") : null);
};

/** Nothing shows that a refresh reads connection strings too. */
const stringsShut = (view: View, { references }: AppServiceSeen): ShutState | null => {
  const found = references.find((reference) => !isInSettings(reference));
  if (found === undefined) return null;
  const of = `${nameOfSetting(found)} of ${view.consumer.name}`;
  return cacheShut(view, `${of} is not read by a refresh (use an app setting in its place)`);
};

const cacheShut = ({ published: { publishedAt }, now }: View, why: string): ShutState | null => {
  const until = plusMs(publishedAt, cacheEndsAfterMs);
  if (toInstant(now) >= until) return null;
  return refreshPending(`${why}, so App Service reads the new version by ${until}`, publishedAt);
};

const requestShut = (
  { consumer, published: { publishedAt } }: View,
  { answeredAt, attempts, nextAttemptAt, problem }: PlatformRequest,
  what: string,
): ShutState | null => {
  // What is seen is of this version, so it was asked for after the publication, whenever the rotator found that out.
  if (answeredAt !== null) return null;
  const next = nextAttemptAt === null ? "" : `; next at ${nextAttemptAt}`;
  const it = `the ${what} of ${consumer.name}`;
  if (attempts === 0) return refreshPending(`${it} ${problem ?? "is still to be asked for"}${next}`, publishedAt);
  const times = attempts === 1 ? "once" : `${attempts} times`;
  return refreshFailed(`${it} was asked for ${times}: ${problem ?? "the answer was lost"}${next}`, publishedAt);
};

const instancesShut = ({ consumer }: View, { instances, lookedAt }: AppServiceLook): ShutState | null => {
  const down = instances.find(({ state }) => state !== ready);
  return down === undefined
    ? null
    : {
        state: "Unhealthy",
        detail: `instance ${down.name} of ${consumer.name} was ${down.state} at ${lookedAt}`,
        since: lookedAt,
      };
};

const overlaps = (
  { consumer, platform, now }: View,
  { refresh, restart, overlapMs }: AppServiceSeen,
): ShutState | null => {
  const asked = [...(platform.refresh ? [refresh] : []), ...(platform.restart ? [restart] : [])];
  const at = latestOf(asked, ({ answeredAt }) => answeredAt);
  if (at === null) return null;
  const until = plusMs(at, overlapMs);
  if (toInstant(now) >= until) return null;
  return refreshPending(`${consumer.name} restarts: a process from before may still run until ${until}`, at);
};
