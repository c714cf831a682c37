import type { Slot } from "../../../lib/rotation/phases";
import type { JournalEntry } from "../../emulators/journal";
import type { Route } from "../../emulators/routes";
import type { KeyUsers } from "./key-users";
import type { Lane } from "./lane";
import type { Subject } from "./subject";

export interface Watch {
  /** Violations of invariants, each with the request after which it was detected. */
  readonly violations: readonly string[];
  /** The number of replaced keys. */
  readonly regenerated: number;
  /** Every key that the account has had. */
  readonly keys: ReadonlySet<string>;
  stop(): void;
}

/** Routes that the SDK must never retry. */
const sentOnce: readonly Route[] = [
  "arm.regenerateKeys",
  "vault.setSecret",
  "arm.refreshReferences",
  "arm.restartSite",
];
const untilAnswered: readonly Route[] = ["arm.refreshReferences", "arm.restartSite"];
const slots: readonly Slot[] = ["primary", "secondary"];

/** Checks Batch and the vault after every request that the emulators answer, and after every late effect. */
export const watch = (lane: Lane, { batchAccount, config }: Subject, users: KeyUsers): Watch => {
  const { batch, journal } = lane.emulators;
  const secret = config.secret.name;
  const violations: string[] = [];
  let known = batch.keys(batchAccount);
  const keys = new Set([known.primary, known.secondary]);
  let regenerated = 0;

  const replaced = (slot: Slot, old: string, after: string): void => {
    regenerated += 1;
    const versions = lane.vault.versions(secret);
    const newest = versions.at(-1);
    if (newest?.value === old) violations.push(`I2: the published ${slot} key was regenerated, after ${after}`);
    if (users.holds.some(({ key }) => key === old))
      violations.push(`I2: a consumer still held the ${slot} key, after ${after}`);
    const published = versions.some(({ value }) => value === old);
    if (published && (newest === undefined || !users.hasMovedTo(newest.version))) {
      violations.push(`I3: the ${slot} key died before the consumers had changed to the new version, after ${after}`);
    }
  };

  const look = (after: string): void => {
    const now = batch.keys(batchAccount);
    for (const slot of slots) {
      if (now[slot] === known[slot]) continue;
      keys.add(now[slot]);
      replaced(slot, known[slot], after);
    }
    known = now;
    const newest = lane.vault.newest(secret);
    if (newest === null) return;
    if (!newest.enabled) violations.push(`I1: the newest version is disabled, after ${after}`);
    if (!batch.accepts(batchAccount, newest.value))
      violations.push(`I1: the newest version is refused, after ${after}`);
    if (users.holds.some(({ key }) => !batch.accepts(batchAccount, key))) {
      violations.push(`a consumer is refused, after ${after}`);
    }
  };

  const sent = new Set<string>();
  /** An SDK sends a retry with the same id. */
  const count = ({ route, clientRequestId }: JournalEntry): void => {
    if (!sentOnce.includes(route) || clientRequestId === null) return;
    if (sent.has(clientRequestId)) violations.push(`one call sent ${route} twice`);
    sent.add(clientRequestId);
  };

  const answered = new Set<string>();
  let isCutOff = false;
  /** Asked for until it is answered, and not again. A call that ends with its time may end others beside it. */
  const countAnswer = ({ route, status, fault }: JournalEntry): void => {
    isCutOff ||= fault === "hang";
    if (!untilAnswered.includes(route) || isCutOff || fault !== null || status !== 200) return;
    const what = `${route} for version ${lane.vault.newest(secret)?.version}`;
    if (answered.has(what)) violations.push(`${what} was sent again after it had been answered`);
    answered.add(what);
  };

  const offs = [
    journal.onRequest(countAnswer),
    journal.onRequest(count),
    journal.onRequest(({ route, subject }) => look(`${route} of ${subject ?? "nothing"}`)),
    journal.onLateEffect(({ route, subject }) => look(`the late effect of ${route} of ${subject ?? "nothing"}`)),
  ];
  return {
    violations,
    keys,
    get regenerated() {
      return regenerated;
    },
    stop: () => {
      for (const off of offs) off();
    },
  };
};
