import type { RotationRecord } from "../../lib/rotation/record";
import type { FoundCopies, SentRegenerate } from "../fakes/world/observer";
import type { World } from "../fakes/world/world";
import { maxClockOffsetMs, minute } from "./plan-types";

/** A search counts for 5 minutes. The driver's clock may differ, and the request follows within its claim. */
const searchCountsMs = 5 * minute + 2 * maxClockOffsetMs + 6 * minute;

/**
 * No previous key is retired while the account holds a copy of it: not where the last search has found one, and not
 * without a search. A copy that was planted after that search is not known to any driver.
 */
export class CopyJudge {
  /** By account: the last search whose answer a driver got. */
  readonly #last = new Map<string, FoundCopies>();
  /** By key: when a search first found a copy of it. */
  readonly #foundAt = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  searched(found: FoundCopies): void {
    const last = this.#last.get(found.resourceId);
    if (last === undefined || last.at <= found.at) this.#last.set(found.resourceId, found);
    for (const value of found.copied) this.#foundAt.set(value, this.#foundAt.get(value) ?? found.at);
  }

  sent({ process, resourceId, slot, record, sentAtWallMs }: SentRegenerate): void {
    if (record?.state.phase !== "published") return;
    const { keys, held } = this.world.batch.of(resourceId);
    const dying = keys[slot];
    if (![...held.values()].includes(dying.value)) return;
    const { now } = this.world.timeline;
    const config = process.app.accounts.find(record.account);
    // A driver goes on with the configuration that it began with.
    const isSearched = config?.probe === "dataPlane" && config.gate.searchAccount;
    if (!isSearched || now - process.deployedAt < searchCountsMs) return;
    const { rotation, active } = record.state;
    const isOverdue =
      rotation.retireAfterMs !== null && sentAtWallMs >= Date.parse(active.publishedAt) + rotation.retireAfterMs;
    if (isOverdue || this.#isApproved(record, dying.value)) return;
    const last = this.#last.get(resourceId);
    const what = `the previous key, ${slot}, was to be regenerated while a job holds a copy of it`;
    if (last === undefined || now - last.at > searchCountsMs) this.broken("copies", `${what}, without a search`);
    else if (last.copied.has(dying.value)) this.broken("copies", `${what}, which the last search has found`);
    // By a list that was behind, the search was for the key before it.
    else if (!last.wanted.has(dying.value) && dying.madeBy !== "person")
      this.broken("copies", `${what}, and the last search was for other keys`);
  }

  /** After a search had found a copy, by any clock. */
  #isApproved({ state }: RotationRecord, value: string): boolean {
    const foundAt = this.#foundAt.get(value);
    if (!("approval" in state) || state.approval === null || foundAt === undefined) return false;
    const approvedAt = Date.parse(state.approval.at) - this.world.wallMs + this.world.timeline.now;
    return approvedAt > foundAt - 2 * maxClockOffsetMs;
  }
}
