import { plainBase64 } from "../../batch-key";
import { freeText } from "../../outgoing/redact";
import type { SlotKeys } from "../../ports/batch-keys";
import type { KeyCopy } from "../../rotation/gate/key-copies";

/** Members that say where a copy is. The names of all others lead on to a place, and are none. */
const words: ReadonlyMap<string, string> = new Map(
  Object.entries({
    startTask: "start task",
    jobManagerTask: "job manager task",
    jobPreparationTask: "job preparation task",
    jobReleaseTask: "job release task",
    autoPoolSpecification: "auto pool",
    environmentSettings: "environment setting",
    commonEnvironmentSettings: "common environment setting",
    metadata: "metadata item",
    commandLine: "command line",
    coordinationCommandLine: "coordination command line",
    containerRunOptions: "container run options",
    resourceFiles: "resource file",
    commonResourceFiles: "common resource file",
    outputFiles: "output file",
  }),
);

const maxNameLength = 64;
/** Deeper than any object of Batch. */
const maxDepth = 16;

const hiddenName = "[name removed: it holds a part of a key]";

/** A name that others have chosen: without control characters, and not where it shows any part of a key. */
const shownName = (name: string, keys: SlotKeys): string => {
  const plain = plainBase64(name);
  if (keys.primary.hasPartIn(plain) || keys.secondary.hasPartIn(plain)) return hiddenName;
  return freeText(name)
    .slice(0, maxNameLength)
    .replace(/\p{Surrogate}/gu, "");
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The name of what stands in a list, or its number where it has none that can be shown. */
const labelOf = (item: unknown, index: number, keys: SlotKeys): string => {
  const name = isObject(item) && typeof item["name"] === "string" ? shownName(item["name"], keys) : "";
  return name === "" || name === hiddenName ? `${index + 1} ${name}`.trimEnd() : name;
};

/** Every text of an object of Batch, each with the way to it, innermost last. */
const textsIn = (
  value: unknown,
  way: readonly string[],
  keys: SlotKeys,
  visit: (text: string, way: readonly string[]) => void,
  depth = 0,
): void => {
  if (typeof value === "string") return visit(value, way);
  if (!isObject(value) || depth > maxDepth) return;
  for (const [member, inner] of Object.entries(value)) {
    const word = words.get(member);
    if (word !== undefined && Array.isArray(inner))
      inner.forEach((item, index) =>
        textsIn(item, [...way, `${word} ${labelOf(item, index, keys)}`], keys, visit, depth + 1),
      );
    else textsIn(inner, word === undefined ? way : [...way, word], keys, visit, depth + 1);
  }
};

export const describeObject = (kind: string, id: string, keys: SlotKeys): string => `${kind} ${shownName(id, keys)}`;

const describePlace = (object: string, way: readonly string[]): string =>
  way.length === 0 ? object : `${object}, ${way.toReversed().join(" of its ")}`;

/** Each place of one object of Batch that holds one of the keys, once for each key. */
export const copiesIn = (item: unknown, object: string, keys: SlotKeys): readonly KeyCopy[] => {
  const copies: KeyCopy[] = [];
  const seen = { primary: new Set<readonly string[]>(), secondary: new Set<readonly string[]>() };
  textsIn(item, [], keys, (text, way) => {
    const plain = plainBase64(text);
    for (const slot of ["primary", "secondary"] as const) {
      // A setting that holds it in its name and in its value is one place.
      if (seen[slot].has(way) || !keys[slot].isIn(plain)) continue;
      seen[slot].add(way);
      copies.push({ slot, place: describePlace(object, way) });
    }
  });
  return copies;
};
