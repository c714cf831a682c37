import { minutes } from "../../lib/rotation/time/units";
import { secretName } from "../fakes/world/fake-vault";
import type { ReadersShown, SentRegenerate } from "../fakes/world/observer";
import type { World } from "../fakes/world/world";
import { maxClockOffsetMs, minute } from "./plan-types";

/** The log counts from so long before a publication on: its lines are late. */
const logDelayMs = minutes(10);

/** Where unknown readers hold the gate, the log must have been asked, and must have shown none. */
export class ReaderJudge {
  readonly #last = new Map<string, ReadersShown>();

  constructor(
    private readonly world: World,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  readersShown(shown: ReadersShown): void {
    const name = secretName(shown.secret);
    if ((this.#last.get(name)?.at ?? 0) <= shown.at) this.#last.set(name, shown);
  }

  /** `overridden`: by an approval, or by `retireAfter`. */
  sent({ process, record }: SentRegenerate, overridden: boolean): void {
    if (record?.state.phase !== "published" || overridden || this.world.auditLog === null) return;
    const gate = process.app.accounts.find(record.account)?.gate;
    const { now } = this.world.timeline;
    // A driver goes on with the configuration that it began with.
    if (gate?.unknownReaders !== "hold" || now - process.deployedAt < 10 * minute) return;
    const last = this.#last.get(secretName(record.secret));
    const publishedAt = Date.parse(record.state.active.publishedAt) - this.world.wallMs + now;
    const known = new Set(gate.consumers.map(({ identity }) => identity));
    if (last === undefined || last.at < publishedAt - logDelayMs - 2 * maxClockOffsetMs)
      this.broken("readers", `${record.account}: a key was retired without an answer of the audit log`);
    else if (last.identities.some((identity) => !known.has(identity)))
      this.broken("readers", `${record.account}: a key was retired in spite of an unknown reader`);
  }
}
