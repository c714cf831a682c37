import type { Clock } from "../../lib/ports/system";
import type { VirtualClock } from "../fakes/world/virtual-clock";

/** The clock of an adapter that pauses between two requests, while nothing else happens: time passes at once. */
export const passingClock = (clock: VirtualClock): Clock => ({
  now: () => clock.now(),
  abortAfter: (ms) => clock.abortAfter(ms),
  sleep: async (ms) => clock.advance(ms),
});
