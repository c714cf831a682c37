import { TableClient } from "@azure/data-tables";
import type { Cell } from "./cells";
import { reasonToReport } from "./fault-kinds";
import type { Run } from "./run";
import { everythingShownOf } from "./shown";

interface HistoryRow {
  readonly sequence: number;
  readonly id: string;
  readonly event: string;
}

/** The events of a whole rotation, in order; others may be in between. */
const story = ["Adopted", "RotationStarted", "KeyRegenerated", "KeyPublished", "KeyRetired", "RotationCompleted"];

/** The problems of a run at its end; empty if there are none. */
export const verdict = async (
  run: Run,
  storage: string,
  start: Readonly<Record<string, string>>,
): Promise<string[]> => {
  const rows = await storedRows(run, storage);
  return [
    ...run.watch.violations,
    ...ending(run),
    ...keysAtEnd(run, start),
    ...history(rows),
    ...leaks(run, rows),
    ...found(run),
  ];
};

/** Of an account that is found by its tag. */
const found = ({ subject: { looking, batchAccount, logged } }: Run): string[] => {
  if (looking === null) return [];
  const wrong = [...looking.wrong];
  if (looking.find(batchAccount) === null) wrong.push("the account is not found at the end");
  if (logged.some((line) => /TagRemoved|TagInvalid/.test(line))) wrong.push("its tag counted as lost");
  return wrong;
};

const ending = ({ record, rounds }: Run): string[] => {
  const phase = record?.state.phase ?? "none";
  const last = record?.lastRotation ?? null;
  if (phase === "idle" && last?.outcome === "completed") return [];
  const why = record?.failure?.detail ?? record?.hold?.detail ?? "";
  return [`after ${rounds} rounds it is ${phase}, its last rotation ${last?.outcome ?? "none"} ${why}`];
};

const keysAtEnd = ({ lane, subject, record, users }: Run, start: Readonly<Record<string, string>>): string[] => {
  const wrong: string[] = [];
  const { batch } = lane.emulators;
  const live = batch.keys(subject.batchAccount);
  for (const slot of ["primary", "secondary"] as const) {
    if (live[slot] === start[slot]) wrong.push(`the ${slot} key is still the first one`);
  }
  const versions = lane.vault.versions(subject.config.secret.name);
  const newest = versions.at(-1);
  if (newest?.version !== record?.state.active?.version) wrong.push("the newest version is not the recorded one");
  if (users.holds.length === 0 || users.holds.some(({ key }) => key !== newest?.value))
    wrong.push("a consumer does not hold the newest key");
  if (newest !== undefined && newest.value !== live[record?.state.active?.slot ?? "primary"]) {
    wrong.push("the newest version does not hold the active slot's key");
  }
  // A publication whose answer was lost may have left a second version of the same key; the recorded one is disabled.
  const retired = new Set(versions.filter(({ enabled }) => !enabled).map(({ value }) => value));
  const usable = versions.filter(({ enabled, value }) => enabled && !batch.accepts(subject.batchAccount, value));
  if (usable.some(({ value }) => !retired.has(value))) wrong.push("no version of a dead key is disabled");
  return wrong;
};

const history = (rows: readonly Record<string, unknown>[]): string[] => {
  const events = rows
    .filter((row): row is Record<string, unknown> & { sequence: string; id: string; event: string } =>
      ["sequence", "id", "event"].every((name) => typeof row[name] === "string"),
    )
    .map(({ sequence, id, event }): HistoryRow => ({ sequence: Number(sequence), id, event }))
    .toSorted((one, other) => one.sequence - other.sequence);
  const wrong: string[] = [];
  if (events.some(({ sequence }, index) => sequence !== index + 1)) wrong.push("I5: the history has a gap");
  if (new Set(events.map(({ id }) => id)).size !== events.length) wrong.push("I5: the history repeats an event");
  const kinds = events.map(({ event }) => event);
  const count = (event: string): number => kinds.filter((other) => other === event).length;
  for (const event of ["KeyRetired", "RotationCompleted"]) {
    if (count(event) !== 1) wrong.push(`I5: the history has ${event} ${count(event)} times`);
  }
  if (count("RotationStarted") !== 1 + count("RotationSuperseded"))
    wrong.push("I5: a rotation that has started did not end");
  let from = 0;
  for (const event of story) {
    from = kinds.indexOf(event, from);
    if (from < 0) return [...wrong, `I5: ${event} is missing or out of order in ${kinds.join(", ")}`];
  }
  return wrong;
};

/** The content of the run's three tables, read without the proxy. */
const storedRows = async ({ subject }: Run, storage: string): Promise<readonly Record<string, unknown>[]> => {
  const rows: Record<string, unknown>[] = [];
  for (const table of ["Rotations", "History", "Signals"]) {
    const client = TableClient.fromConnectionString(storage, `${subject.tablePrefix}${table}`, {
      allowInsecureConnection: true,
    });
    for await (const row of client.listEntities()) rows.push(row);
  }
  return rows;
};

/** Any 12 characters of a key in the output of this run. */
const leaks = (run: Run, rows: readonly Record<string, unknown>[]): string[] => {
  const places = {
    "a log line": run.subject.logged.join("\n"),
    "an answer": JSON.stringify(run.answers),
    "an error": run.thrown.map(everythingShownOf).join("\n"),
    "a table": JSON.stringify(rows),
  };
  const parts = [...run.watch.keys].flatMap((key) =>
    Array.from({ length: Math.floor(key.length / 12) }, (_, index) => key.slice(index * 12, index * 12 + 12)),
  );
  return Object.entries(places).flatMap(([place, text]) =>
    parts.some((part) => text.includes(part)) ? [`I4: ${place} holds a key`] : [],
  );
};

/** A lasting refusal must be reported with its reason. */
export const namedReason = ({ fault, call }: Cell, { subject, thrown, answers }: Run): string[] => {
  const reason = reasonToReport(fault, call);
  const said = [...subject.logged, ...thrown.map(({ message }) => message), JSON.stringify(answers)];
  return reason === null || said.some((text) => reason.test(text)) ? [] : [`not reported: ${reason.source}`];
};
