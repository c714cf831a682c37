import { configurationState } from "../../alarms/configuration-alarm";
import { notificationDelayed } from "../../alarms/publish-notice";
import type { App } from "../../app";
import { callOptions } from "../../limits";
import type { StoredNotice } from "../../ports/notices";
import type { Condition } from "../../rotation/events/alarm-changes";
import type { Announcement } from "../../rotation/events/events";
import { configurationInvalid, discoveryProblem } from "../../rotation/events/notice";
import { fleetCondition } from "../../rotation/fleet/alarm";
import type { FleetState, Resumption } from "../../rotation/fleet/fleet-state";
import { usesRow } from "../../rotation/fleet/hold";
import { resumptionAnnounced } from "../../rotation/fleet/resume";
import { minutes } from "../../rotation/time/units";
import { remindersOf } from "./alarm-others";
import { publishOrDelay } from "./corrupt-record-alarm";

const maxAgeMs = minutes(1);

/**
 * The alarms of the rotator as a whole, and the resumption of the fleet. `known`: what is stored of them. The row of
 * the fleet is read only where the fleet is limited.
 */
export const reportRotator = async (app: App, known: StoredNotice | null): Promise<void> => {
  const fleet = await readFleet(app);
  const unresolved = reportUnresolved(app);
  const resumption = fleet !== null && fleet !== "unread" && !fleet.resumed?.announced ? fleet.resumed : null;
  const stopped =
    fleet === null || fleet === "unread"
      ? null
      : fleetCondition(fleet, app.fleet, (name) => isAccount(app, name), app.ports.clock.now());
  const found = [unresolved, undiscovered(app), stopped].filter((condition) => condition !== null);
  if (found.length === 0 && known === null && resumption === null) return;
  const published = await publishOrDelay(app, {
    account: null,
    known,
    found,
    // The rotator as a whole has no `remindEvery`.
    remindEveryMs: remindersOf(app.accounts.list()),
    undetermined: fleet === "unread" ? ["FleetStopped"] : [],
    events: resumption === null ? [] : [fleetResumed(resumption)],
  });
  if (published !== null && resumption !== null) await markAnnounced(app, resumption);
};

/** What is not known to be missing is not missing: some accounts may not have been found yet. */
const isAccount = ({ accounts }: App, name: string): boolean => accounts.find(name) !== null || !accounts.isComplete();

/** Optional settings that the platform has not resolved: one line at each run. The rotator goes on without them. */
const reportUnresolved = ({ ports, unresolved }: App): Condition | null => {
  if (unresolved.length === 0) return null;
  const line = configurationState("SettingUnresolved", unresolved);
  ports.log.write("error", line);
  return configurationInvalid(line.detail, ports.clock.now(), "SettingUnresolved");
};

/** Resource Graph as a whole. */
const undiscovered = ({ accounts }: App): Condition | null => {
  const trouble = accounts.found()?.trouble ?? null;
  return trouble && discoveryProblem({ ...trouble, reason: null });
};

/** Null where the fleet is not limited. What cannot be read leaves its alarm as it is. */
const readFleet = async ({ ports, limits, fleet }: App): Promise<FleetState | "unread" | null> => {
  if (!usesRow(fleet)) return null;
  try {
    return await ports.fleet.read(maxAgeMs, callOptions(ports.clock, limits.callMs));
  } catch (error) {
    ports.log.write("warn", notificationDelayed(null, error));
    return "unread";
  }
};

const fleetResumed = ({ id, at, by, reason }: Resumption): Announcement => ({
  id,
  at,
  event: "FleetResumed",
  account: null,
  rotationId: null,
  reason: null,
  detail: reason,
  by,
});

/** A crash before this has the event announced once more, with the same id. */
const markAnnounced = async ({ ports, limits }: App, { id }: Resumption): Promise<void> => {
  try {
    const call = callOptions(ports.clock, limits.callMs);
    await ports.fleet.update((state) => resumptionAnnounced(state, id), call);
  } catch (error) {
    ports.log.write("warn", notificationDelayed(null, error));
  }
};
