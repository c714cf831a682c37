import type { Measure } from "../row";
import { crowded } from "./bucket";
import { calls } from "./calls";
import { cost } from "./cost";
import { due } from "./due";
import { events } from "./events";
import { faults } from "./faults";
import { idleTick } from "./idle-tick";
import { memory } from "./memory";
import { readers } from "./readers";
import { start } from "./start";
import { urgent } from "./urgent";

/** In the order of the table. */
export const measures: readonly Measure[] = [
  calls,
  idleTick,
  due,
  crowded,
  urgent,
  events,
  faults,
  memory,
  readers,
  start,
  cost,
];
