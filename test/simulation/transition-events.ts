import type { EventKind, RotationEvent } from "../../lib/rotation/events/events";
import { type Phase, rotationOf } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";

/** Events of a transition; other events may occur at any time. */
const transitionEvents: ReadonlySet<EventKind> = new Set<EventKind>([
  "Adopted",
  "RotationStarted",
  "KeyRegenerated",
  "KeyPublished",
  "KeyRetired",
  "RotationCompleted",
  "SlotAdopted",
  "RotationSuperseded",
  "SettlingStarted",
  "DriftRepaired",
  "RotationRolledBack",
  "ConfigurationChanged",
]);

/** Which events are written, in order, when an account goes from one phase to another. */
const expected: Readonly<Partial<Record<`${Phase | "unseen"} to ${Phase}`, readonly string[]>>> = {
  "unseen to adopting": [""],
  "adopting to idle": ["Adopted"],
  "idle to started": ["RotationStarted"],
  "started to regenerated": ["KeyRegenerated"],
  "regenerated to published": ["KeyPublished"],
  "published to retired": ["KeyRetired"],
  "retired to idle": ["RotationCompleted"],
  "retired to settling": ["SettlingStarted KeyPublished"],
  "settling to idle": ["RotationCompleted"],
};

/** The events of an account that is to be adopted again, besides the end of a rotation under way. */
const adoptedAnew = ["SlotAdopted", "ConfigurationChanged"];
const takenBack = ["RotationRolledBack", "RotationRolledBack KeyPublished"];
const republished = ["KeyPublished", "DriftRepaired KeyPublished"];

/** Describes the error in the events of a write; null where they are right. */
export const transitionProblem = (
  before: RotationRecord | null,
  after: RotationRecord,
  events: readonly RotationEvent[],
): string | null => {
  const kinds = events.filter(({ event }) => transitionEvents.has(event)).map(({ event }) => event);
  const text = kinds.join(" ");
  const from = before?.state.phase ?? "unseen";
  const to = after.state.phase;
  const versionBefore = before?.state.active?.version ?? null;
  const versionAfter = after.state.active?.version ?? null;
  const allowed =
    from === to && !kinds.some((event) => adoptedAnew.includes(event))
      ? sameState(versionBefore, versionAfter)
      : (expected[`${from} to ${to}`] ?? []);
  if (allowed.includes(text)) return null;
  if (to === "adopting" && before !== null && anew(before).includes(text)) return null;
  return `${after.account} went from ${from} to ${to} with the events ${text === "" ? "nothing" : text}`;
};

const sameState = (before: string | null, after: string | null): readonly string[] => {
  if (before === after) return [""];
  return before === null ? ["", "KeyPublished"] : republished;
};

const anew = ({ state }: RotationRecord): readonly string[] =>
  rotationOf(state) === null
    ? [...adoptedAnew, ...republished]
    : [
        ...[...adoptedAnew, ...republished].map((event) => `${event} RotationSuperseded`),
        ...takenBack,
        "RotationCompleted",
      ];
