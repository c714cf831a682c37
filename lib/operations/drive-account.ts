import { safeMessage } from "../alarms/publish-notice";
import type { App } from "../app";
import { callOptions } from "../limits";
import { advance } from "../driver/advance";
import { readRecord } from "../driver/read-record";
import type { AccountConfig } from "../rotation/account-config";
import { needsDriver } from "../rotation/needs-driver";
import type { RotationRecord } from "../rotation/record";
import { gatedState } from "../rotation/waiting";
import { pullSignals } from "../signals/pull-signals";

/** Pulls the account's signals and drives it where there is anything to do. The number of moves. */
export const driveAccount = async (app: App, config: AccountConfig, stop: AbortSignal): Promise<number> => {
  const { ports, limits } = app;
  const call = () => callOptions(ports.clock, limits.callMs);
  const stored = await readRecord(ports, limits, config, call());
  if (stored !== null) {
    await pull(app, config, stored.record);
    const gated = gatedState(stored.record.state) !== null;
    // Where they cannot be read the driver finds that out itself, and its record says so.
    const reports = gated ? await ports.signals.list(config.name, call()).catch(() => []) : [];
    if (!needsDriver(stored.record, config, reports, ports.clock.now())) return 0;
  }
  const driven = await advance(ports, limits, config, { by: "schedule", stop, claimWaitMs: 0, known: stored });
  return driven.kind === "driven" ? driven.moves : 0;
};

/** A failed pull is repeated at the next tick; until then the gate uses the stored reports. */
const pull = async (app: App, config: AccountConfig, record: RotationRecord): Promise<void> => {
  try {
    await pullSignals(app, config, record);
  } catch (error) {
    app.ports.log.write("warn", { event: "PullFailed", account: config.name, detail: safeMessage(error) });
  }
};
