import { withEvents } from "../rotation/events/outbox";
import { moved, waitingOn } from "../rotation/moves/settle";
import type { Move } from "../rotation/moves/move";
import type { Sightings } from "../rotation/gate/sightings";
import { withPauseSeen } from "../rotation/pause";
import type { State } from "../rotation/phases";
import { sightNote } from "../rotation/sight-notes";
import { type DriveScope, eventContext } from "./drive-scope";
import type { OutboxRelay } from "./history/outbox-relay";
import type { Note } from "./requests";
import type { Waits } from "./steps/step-context";

/** Brings what came of a request or a step into the record, and announces it. */
export class Outcomes {
  constructor(
    private readonly scope: DriveScope,
    private readonly relay: OutboxRelay,
  ) {}

  async settle(move: Move, by?: string): Promise<void> {
    const { config, lease } = this.scope;
    await lease.writeAhead();
    const waits = isWrittenWithNext(lease.record.state, move.state);
    const context = eventContext(this.scope, by);
    const after = withPauseSeen(moved(lease.record, move, context), config, context.now);
    if (waits) return lease.keep(after);
    await lease.write(after);
    this.relay.announce();
  }

  async note({ note, change }: Note, now: Date): Promise<void> {
    const { config, lease } = this.scope;
    const noted = withEvents({ ...lease.record, ...change }, note, eventContext(this.scope));
    await lease.write(withPauseSeen(noted, config, now));
    await this.relay.deliver();
  }

  /** What the history is to say of what was seen. Written with the next write, at the latest with the release. */
  keepNotes(sightings: Sightings | null, now: Date): void {
    const { config, lease } = this.scope;
    const note = sightings === null ? null : sightNote(lease.record, config, sightings, now);
    if (note === null) return;
    lease.keep(withEvents({ ...lease.record, noted: note.noted }, note.drafts, eventContext(this.scope)));
  }

  /** Nothing to do yet. Written with the next write, at the latest when the claim is released. */
  wait(hold: Waits["hold"]): false {
    const { lease, ports } = this.scope;
    lease.keep(waitingOn(lease.record, hold, ports.clock.now()));
    return false;
  }
}

/**
 * A start has no effect of its own, and is written with the intent to regenerate. A retirement is written with the
 * proof that the old key is dead: until then a successor knows by the intent that it may have happened.
 */
const isWrittenWithNext = (before: State, after: State): boolean =>
  (before.phase === "idle" && after.phase === "started") || (before.phase === "published" && after.phase === "retired");
