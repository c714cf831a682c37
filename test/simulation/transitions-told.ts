import type { EventKind, RotationEvent } from "../../lib/rotation/events/events";
import { type Phase, rotationOf } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";

/** Events that tell of a transition; the others may come at any time. */
const tellsOfTransition: ReadonlySet<EventKind> = new Set<EventKind>([
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

/** What is told, and in which order, when an account goes from one phase to another. */
const told: Readonly<Partial<Record<`${Phase | "unseen"} to ${Phase}`, readonly string[]>>> = {
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

/** What may be told when an account is to be adopted anew. The rotation that this ends, if any, is told of as well. */
const adoptedAnew = ["SlotAdopted", "ConfigurationChanged"];
const takenBack = ["RotationRolledBack", "RotationRolledBack KeyPublished"];
const republished = ["KeyPublished", "DriftRepaired KeyPublished"];

/** What is wrong with what was told of a write; null where that is right. */
export const transitionProblem = (
  before: RotationRecord | null,
  after: RotationRecord,
  events: readonly RotationEvent[],
): string | null => {
  const tells = events.filter(({ event }) => tellsOfTransition.has(event)).map(({ event }) => event);
  const text = tells.join(" ");
  const from = before?.state.phase ?? "unseen";
  const to = after.state.phase;
  const versionBefore = before?.state.active?.version ?? null;
  const versionAfter = after.state.active?.version ?? null;
  const allowed =
    from === to && !tells.some((event) => adoptedAnew.includes(event))
      ? sameState(versionBefore, versionAfter)
      : (told[`${from} to ${to}`] ?? []);
  if (allowed.includes(text)) return null;
  if (to === "adopting" && before !== null && anew(before).includes(text)) return null;
  return `${after.account} went from ${from} to ${to} and told of it: ${text === "" ? "nothing" : text}`;
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
