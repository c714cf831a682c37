import { plusMs, toInstant } from "../time/time";
import { minutes } from "../time/units";
import type { ConsumerState, ShutState } from "../gate/consumer-state";
import type { DataFactorySeen } from "./data-factory-seen";
import { streakAt } from "./platform-base";
import { notSeen, type PlatformView, staleLook } from "./platform-view";

type View = PlatformView<"dataFactory">;

/** An activity reads the key when it begins. By so much may the clocks of Data Factory and of the vault differ. */
const clocksDifferMs = minutes(1);

/** The state of a linked service, in the order in which an operator can act on it. */
export const dataFactoryState = (view: View): ConsumerState => {
  const { seen } = view;
  if (seen === null || seen.lookedAt === null) return notSeen(view);
  const shut = dataFactoryShut(view, seen) ?? staleLook(view, seen);
  if (shut !== null) return shut;
  return { state: "Good", goodSince: seen.goodSince ?? toInstant(view.now), evidence: "platform" };
};

/** What is not in order with a linked service that could be seen; null where everything is. */
const dataFactoryShut = (view: View, seen: DataFactorySeen): ShutState | null => {
  const found = keyShut(view, seen) ?? activityShut(view, seen);
  return found && { ...found, since: view.published.publishedAt };
};

const keyShut = (
  { consumer, platform }: View,
  { key, secret }: DataFactorySeen,
): Pick<ShutState, "state" | "detail"> | null => {
  const of = `linked service ${platform.linkedService} of ${consumer.name}`;
  const wanted = `the secret ${secret}, without a version`;
  if (key.kind === "copy") {
    const detail = `${of} has a copy of the key, a copy that must be replaced: set its access key to ${wanted}`;
    return { state: "PinnedVersion", detail };
  }
  if (key.kind === "unclear") {
    const detail = `${of} ${key.what}, so it does not show which key it uses: set its access key to ${wanted}`;
    return { state: "NeedsSignal", detail };
  }
  if (key.pinnedTo === null) return null;
  const fixed = `${of} is fixed to version ${key.pinnedTo}, so it never reads a new one`;
  const detail = `${fixed}: set its access key to ${wanted}`;
  return { state: "PinnedVersion", detail };
};

/** An activity keeps the key that it read until it ends. */
const activityShut = (
  { consumer, published }: View,
  { oldest }: DataFactorySeen,
): Pick<ShutState, "state" | "detail"> | null => {
  if (oldest === null) return null;
  const { activity, pipelineRun, startedAt } = oldest;
  if (startedAt !== null && startedAt > plusMs(published.createdAt, clocksDifferMs)) return null;
  const began = startedAt === null ? "does not show when it began" : `began at ${startedAt}`;
  const detail =
    `activity ${activity} of pipeline run ${pipelineRun} of ${consumer.name} still runs and ${began}; ` +
    `version ${published.version} was made at ${published.createdAt}`;
  return { state: "OnPreviousKey", detail };
};

/** What a look shows, before it is judged. */
export type DataFactoryShown = Pick<DataFactorySeen, "key" | "oldest">;

/** Nothing has been seen since the publication. */
export const unseenDataFactory = ({ consumer, platform, published }: View, secret: string): DataFactorySeen => ({
  kind: "dataFactory",
  consumer: consumer.name,
  resourceId: platform.resourceId,
  linkedService: platform.linkedService,
  secret,
  version: published.version,
  lookedAt: null,
  problem: null,
  key: { kind: "unclear", what: "has not been seen" },
  oldest: null,
  goodSince: null,
});

/** What is stored of a look. It has been good since the first of the looks that found it so. */
export const sawDataFactory = (view: View, secret: string, shown: DataFactoryShown): DataFactorySeen => {
  const { gate, seen: known, now } = view;
  const seen = { ...unseenDataFactory(view, secret), ...shown, lookedAt: toInstant(now) };
  if (dataFactoryShut(view, seen) !== null) return seen;
  return { ...seen, goodSince: streakAt(known, gate.signalFreshnessMs, now) };
};
