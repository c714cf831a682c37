import type { Wanted } from "../rotation/events/deliveries";
import type { Announcement } from "../rotation/events/events";
import type { CallOptions } from "./call";

/** What became of one delivery. `gone`: never try this event again. */
export type Delivered = "delivered" | "failed" | "gone";

/** Where alarms go besides history and log. */
export interface Alerts {
  /** Which events are sent; null where there is no webhook. */
  readonly wanted: Wanted | null;
  /** Never throws, and never takes long: a receiver that has just failed is not asked again at once. */
  deliver(event: Announcement, options: CallOptions): Promise<Delivered>;
}

/** A service outside Azure that raises an alarm when it hears nothing for too long. */
export interface Heartbeat {
  /** Reports the end of one run of the timer. Never throws, never logs, and ends within seconds. */
  report(outcome: "good" | "bad"): Promise<void>;
}
