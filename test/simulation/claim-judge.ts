import type { RotationRecord } from "../../lib/rotation/record";
import type { SentPublication, SentRegenerate } from "../fakes/world/observer";
import type { Process } from "../fakes/world/process";
import type { World } from "../fakes/world/world";
import { maxClockOffsetMs } from "./plan-types";

/** Who took a claim, when in virtual time, and after which effect. */
export interface Held {
  readonly process: Process;
  readonly at: number;
  readonly effect: number;
}

/** Only the holder of a claim sends, and nothing is sent while a regenerate of another holder is under way. */
export class ClaimJudge {
  readonly #holders = new Map<string, Held>();
  /** By account: the last regenerate that was sent. */
  readonly #lastSent = new Map<string, SentRegenerate>();

  constructor(
    private readonly world: World,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  recordWritten(process: Process, before: RotationRecord | null, { account, claim }: RotationRecord): void {
    const held = before?.claim ?? null;
    if (claim === null || claim.id === held?.id) return;
    this.#holders.set(claim.id, { process, at: this.world.timeline.now, effect: this.world.effects });
    // Live by the clock of the driver that takes it, which may have jumped since it read the claim.
    if (held !== null && Date.parse(held.until) - process.clock.now().getTime() > 2 * maxClockOffsetMs)
      this.broken("claim", `${account} was claimed while the claim of another driver was live`);
  }

  sent(sent: SentRegenerate): void {
    this.#checkHolder(sent, "a regenerate");
    this.#lastSent.set(sent.resourceId, sent);
  }

  /** At its effect. */
  regenerated(sent: SentRegenerate): void {
    const last = this.#lastSent.get(sent.resourceId);
    if (last === undefined || last.record?.claim?.id === sent.record?.claim?.id) return;
    this.broken("claim", `${last.process.name} sent a regenerate while one of ${sent.process.name} was under way`);
  }

  published(sent: SentPublication): void {
    this.#checkHolder(sent, "a publication");
  }

  /** The claim under which it was sent; null where that is not known. */
  heldAt({ record }: SentPublication): Held | null {
    return this.#holders.get(record?.claim?.id ?? "") ?? null;
  }

  #checkHolder({ process, record }: SentRegenerate | SentPublication, what: string): void {
    const holder = this.#holders.get(record?.claim?.id ?? "")?.process;
    if (holder !== undefined && holder !== process)
      this.broken("claim", `${process.name} sent ${what} while ${holder.name} held the claim`);
  }
}
