import { earliest, type Instant, plusMs, toInstant, toMs } from "../time/time";
import { minutes, seconds } from "../time/units";
import type { ContainerAppSeen, ReplicaSeen, RevisionSeen } from "./container-app-seen";
import type { ConsumerState, ShutState } from "../gate/consumer-state";
import { notSeen, type PlatformView, staleLook } from "./platform-view";

type View = PlatformView<"containerApp">;
type Check = (view: View, seen: ContainerAppSeen) => Pick<ShutState, "state" | "detail"> | null;

/**
 * Container Apps reads a secret from the vault every 30 minutes. The phase of an app is fixed when the reference is
 * set, and nothing shows it. Then all replicas of revisions that have the secret in their environment are made anew, in
 * the same revision. A restart of a revision reads nothing. Five minutes more are for a sync that is late.
 */
export const containerAppSyncMs = minutes(35);

/** The state of an app, in the order in which an operator can act on it. */
export const containerAppState = (view: View): ConsumerState => {
  const { published, reports, seen } = view;
  if (seen === null || seen.lookedAt === null) return notSeen(view);
  // Then its reports decide.
  if (reports && hasVolumeOnly(seen)) return { state: "Good", goodSince: published.publishedAt, evidence: "report" };
  const shut = containerAppShut(view, seen) ?? staleLook(view, seen);
  if (shut !== null) return shut;
  return { state: "Good", goodSince: seen.goodSince ?? toInstant(view.now), evidence: "platform" };
};

const hasVolumeOnly = ({ secrets, revisions }: ContainerAppSeen): boolean =>
  secrets.length > 0 && revisions.some(({ use }) => use === "volume");

/** What is not in order with an app that could be seen; null where everything is. */
const containerAppShut = (view: View, seen: ContainerAppSeen): ShutState | null => {
  for (const check of checks) {
    const found = check(view, seen);
    if (found !== null) return { ...found, since: view.published.publishedAt };
  }
  return null;
};

const needsSignal: Check = ({ consumer: { name } }, { secret, secrets, revisions }) => {
  const state = "NeedsSignal";
  if (secrets.length === 0) {
    return { state, detail: `no secret of ${name} refers to ${secret}: name the app that uses it, or have it report` };
  }
  const onVolume = revisions.find(({ use }) => use === "volume");
  if (onVolume === undefined) return null;
  const detail =
    `revision ${onVolume.name} of ${name} has the secret only in a volume, where it changes without a restart: ` +
    "use it in an environment variable, or have the app report";
  return { state, detail };
};

const pinned: Check = ({ consumer }, { secret, secrets }) => {
  const fixed = secrets.find(({ pinnedTo }) => pinnedTo !== null);
  if (fixed === undefined) return null;
  const detail =
    `secret ${fixed.name} of ${consumer.name} is fixed to version ${fixed.pinnedTo}, so it never reads a new one: ` +
    `set its keyVaultUrl to ${secret}`;
  return { state: "PinnedVersion", detail };
};

/** A replica that was made between publication and sync has the old value. It is made anew at the sync. */
const notSynced: Check = ({ consumer, published, now }, { syncedBy, lookedAt, problem }) => {
  const state = "RefreshPending";
  if (toInstant(now) < syncedBy) {
    return { state, detail: `the platform brings version ${published.version} to ${consumer.name} by ${syncedBy}` };
  }
  const why = problem === null ? "" : `: ${problem}`;
  const detail = `${consumer.name} was last looked at at ${lookedAt}; the next run of the timer looks again${why}`;
  return lookedAt === null || lookedAt < syncedBy ? { state, detail } : null;
};

const replicaOf = (
  revisions: readonly RevisionSeen[],
  is: (replica: ReplicaSeen) => boolean,
): { readonly revision: RevisionSeen; readonly replica: ReplicaSeen } | null => {
  for (const revision of revisions) {
    const replica = revision.replicas.find(is);
    if (replica !== undefined) return { revision, replica };
  }
  return null;
};

/** The platform and the vault show no parts of a second, and a sync may come within the second of a publication. */
const wholeSecond = (at: Instant): Instant => plusMs(at, -(toMs(at) % seconds(1)));

/** The sync has failed, or leaves the revision alone. */
const older: Check = ({ consumer, published }, { revisions }) => {
  const found = replicaOf(revisions, ({ createdAt }) => createdAt < wholeSecond(published.createdAt));
  if (found === null) return null;
  const { revision, replica } = found;
  const remedy =
    revision.use === "none"
      ? `its revision ${revision.name} does not have the secret: deactivate it, or give it the secret`
      : "the platform has not brought it the version: see whether the identity of the app may read the vault";
  const detail =
    `replica ${replica.name} of ${consumer.name} was made at ${replica.createdAt}, before version ` +
    `${published.version} was made at ${published.createdAt}; ${remedy}`;
  return { state: "OnPreviousKey", detail };
};

const notRunning: Check = ({ consumer }, { revisions, lookedAt }) => {
  const found = replicaOf(revisions, ({ isRunning }) => !isRunning);
  if (found !== null) {
    return {
      state: "Unhealthy",
      detail: `replica ${found.replica.name} of ${consumer.name} was not ready at ${lookedAt}`,
    };
  }
  const running = revisions.reduce((sum, { replicas }) => sum + replicas.length, 0);
  // Of an app without an active revision it is not known whether the platform reads the vault.
  if (revisions.length > 0 && running >= consumer.instances) return null;
  const detail = `${running} of ${consumer.instances} replicas of ${consumer.name} ran at ${lookedAt}`;
  return { state: "InstancesMissing", detail };
};

const checks: readonly Check[] = [needsSignal, pinned, notSynced, older, notRunning];

/** As measured, with some seconds more. A replica that is given longer may use it, and perhaps is not shown then. */
const usualGraceMs = minutes(1);

/** How much longer than usual a replica from before the sync may still run. */
const endingMs = ({ revisions }: ContainerAppShown): number =>
  Math.max(0, ...revisions.map(({ graceMs }) => graceMs - usualGraceMs));

/** What a look shows, before it is judged. */
export type ContainerAppShown = Pick<ContainerAppSeen, "secrets" | "revisions">;

/** Nothing has been seen since the publication. */
export const unseenContainerApp = (
  { consumer, platform, published }: View,
  secret: string,
  syncMs: number,
): ContainerAppSeen => ({
  kind: "containerApp",
  consumer: consumer.name,
  resourceId: platform.resourceId,
  secret,
  version: published.version,
  lookedAt: null,
  problem: null,
  secrets: [],
  revisions: [],
  syncedBy: plusMs(published.createdAt, syncMs),
  awaitsSync: false,
  goodSince: null,
});

/**
 * What is stored of a look. The app has been good since the oldest of its replicas was made, by the sync at the latest:
 * all of them are of the sync or of later. After a look that found it in disorder it has been good since this one.
 */
export const sawContainerApp = (
  view: View,
  secret: string,
  shown: ContainerAppShown,
  syncMs: number,
): ContainerAppSeen => {
  const { seen: known } = view;
  const lookedAt = toInstant(view.now);
  const syncedBy = plusMs(view.published.createdAt, syncMs + endingMs(shown));
  const seen = { ...unseenContainerApp(view, secret, syncMs), ...shown, syncedBy, lookedAt };
  const shut = containerAppShut(view, seen);
  if (shut !== null) return { ...seen, awaitsSync: shut.state === "RefreshPending" };
  const wasLookedAt = known !== null && known.lookedAt !== null && known.lookedAt >= seen.syncedBy;
  return { ...seen, goodSince: wasLookedAt ? (known.goodSince ?? lookedAt) : madeAt(seen) };
};

const madeAt = ({ revisions, syncedBy }: ContainerAppSeen): Instant =>
  earliest(syncedBy, ...revisions.flatMap(({ replicas }) => replicas.map(({ createdAt }) => createdAt)));
