import type { App } from "../app";
import type { Advanced } from "../driver/requests";
import { callOptions } from "../limits";
import type { AccountConfig } from "../rotation/account-config";
import type { RotationRecord } from "../rotation/record";
import { seconds } from "../rotation/time/units";
import { gatedState } from "../rotation/waiting";
import { lookAround } from "./look-around";

type Driven = Extract<Advanced, { readonly kind: "driven" }>;

/** A look that is cut off has an app refreshed twice: with less time left it is the next tick's. */
const minMs = seconds(20);

export interface LookOptions {
  /** The record before the drive, and when the drive began. */
  readonly before: RotationRecord | null;
  readonly begunAt: Date;
  /** How long after that it ends at the latest. */
  readonly maxMs: number;
}

/**
 * Looks around at once where a drive has left another version than there was: the platforms of the apps are to read it
 * now, not a tick later. Never throws. Returns the drive, with what is known then.
 */
export const lookAtNew = async (
  app: App,
  config: AccountConfig,
  driven: Driven,
  { before, begunAt, maxMs }: LookOptions,
): Promise<Driven> => {
  const { ports, limits } = app;
  const gated = gatedState(driven.record.state);
  const leftMs = Math.min(limits.requestMs, begunAt.getTime() + maxMs - ports.clock.now().getTime());
  if (gated === null || gated.active.version === before?.state.active?.version || leftMs < minMs) return driven;
  const list = () => ports.signals.list(config.name, callOptions(ports.clock, limits.callMs)).catch(() => null);
  const known = driven.sightings ?? (await list());
  if (known === null || !(await lookAround(app, config, driven.record, known, leftMs))) return driven;
  return { ...driven, sightings: (await list()) ?? known };
};
