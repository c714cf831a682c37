import type { WindowConfig } from "../account-config";
import type { Hold } from "../record";
import { nextAttemptAt } from "../time/backoff";
import { type Instant, toInstant } from "../time/time";
import { nextOpening, windowIsOpen } from "../time/window";
import { hasSettings, nameOfSetting, resolved } from "./app-service";
import type { AppServiceSeen, PlatformRequest, ReferenceSeen } from "./app-service-seen";
import type { PlatformView } from "./platform-view";

/** What may keep the rotator from asking: a refresh restarts the app. */
export interface AskingConditions {
  /** Null where it does not bind this rotation. */
  readonly window: WindowConfig | null;
  readonly hold: Hold | null;
  readonly dryRun: boolean;
  readonly now: Date;
}

export type RequestKind = "refresh" | "restart";

/** After a restart the platform may not have read it yet. */
const notReadYet = "Initialized";

/** The platform has lost what it had read: by an earlier refresh that it carried out late, or by its own daily one. */
const isLost = ({ list, status }: ReferenceSeen): boolean =>
  list === "appSettings" && status !== resolved && status !== notReadYet;

/**
 * What is to be asked for next; null for nothing. Once for each app and publication: again only until it is answered as
 * wanted, and where what was read is lost. An app whose setting is fixed to a version would only be restarted.
 */
export const wantedRequest = ({ platform }: PlatformView<"appService">, seen: AppServiceSeen): RequestKind | null => {
  const { references, refresh, restart } = seen;
  const follows = hasSettings(references) && references.every(({ pinnedTo }) => pinnedTo === null);
  if (!platform.refresh || !follows) return null;
  if (refresh.answeredAt === null || references.some(isLost)) return "refresh";
  return platform.restart && restart.answeredAt === null ? "restart" : null;
};

/** Why it is not asked for now, and until when; null where it may be. */
const postponed = ({
  window,
  hold,
  dryRun,
  now,
}: AskingConditions): Pick<PlatformRequest, "problem" | "nextAttemptAt"> | null => {
  if (dryRun) return { problem: "is not asked for while ROTATION_DRY_RUN is true", nextAttemptAt: null };
  if (hold !== null)
    return { problem: `waits until Batch accepts the published key (${hold.reason})`, nextAttemptAt: null };
  if (window === null || windowIsOpen(window, now)) return null;
  return { problem: "waits for the maintenance window", nextAttemptAt: nextOpening(window, now) };
};

/** `send`: the request as it is stored before it is sent. Else the request as it is stored while it waits. */
export type Asking =
  | { readonly send: true; readonly request: PlatformRequest }
  | { readonly send: false; readonly request: PlatformRequest };

export const askingFor = (request: PlatformRequest, conditions: AskingConditions): Asking => {
  const waits = postponed(conditions);
  if (waits !== null) return { send: false, request: { ...request, ...waits } };
  const { now } = conditions;
  const backsOff = request.attempts > 0 && request.nextAttemptAt !== null && request.nextAttemptAt > toInstant(now);
  if (backsOff) return { send: false, request };
  const attempts = request.attempts + 1;
  const next = nextAttemptAt(attempts, now, null);
  return { send: true, request: { attempts, answeredAt: null, nextAttemptAt: next, problem: null } };
};

export const answeredAs = (request: PlatformRequest, at: Instant): PlatformRequest => ({
  ...request,
  answeredAt: at,
  nextAttemptAt: null,
  problem: null,
});

/** What an answer to a refresh shows not to be as wanted; null where it is: then the platform has read the secret. */
export const refreshProblem = (references: readonly ReferenceSeen[]): string | null => {
  if (references.length === 0) return "the answer shows no setting that refers to the secret";
  const failed = references.find(({ status }) => status !== resolved);
  return failed === undefined ? null : `${nameOfSetting(failed)} is not resolved: ${failed.status}`;
};

/** Of two processes that have looked at once, the request that has come further. */
const further = (one: PlatformRequest, other: PlatformRequest): PlatformRequest => {
  if (one.attempts !== other.attempts) return one.attempts > other.attempts ? one : other;
  return one.answeredAt === null ? other : one;
};

/** A look that another process has overtaken must not forget what that one has asked for. */
export const mergedLook = (known: AppServiceSeen, seen: AppServiceSeen): AppServiceSeen => ({
  ...seen,
  refresh: further(known.refresh, seen.refresh),
  restart: further(known.restart, seen.restart),
});
