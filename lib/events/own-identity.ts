import { callOptions } from "../limits";
import type { Permissions } from "../ports/permissions";
import type { Clock, Log } from "../ports/system";
import { hours } from "../rotation/time/units";

const knownForMs = hours(1);

/** The identity that this app calls Azure with, as its own token says. */
export class OwnIdentity {
  #known: { readonly id: string; readonly at: number } | null = null;

  constructor(
    private readonly ports: {
      readonly permissions: Pick<Permissions, "principalId">;
      readonly clock: Pick<Clock, "now" | "abortAfter">;
      readonly log: Log;
    },
  ) {}

  /** Null where it is not known now. */
  async read(callMs: number): Promise<string | null> {
    const { permissions, clock, log } = this.ports;
    const now = clock.now().getTime();
    if (this.#known !== null && Math.abs(now - this.#known.at) < knownForMs) return this.#known.id;
    try {
      const id = await permissions.principalId(callOptions(clock, callMs));
      this.#known = id === null ? null : { id: id.toLowerCase(), at: now };
    } catch {
      log.write("warn", { event: "OwnIdentityUnknown", account: null, detail: "the app gets no token of its own now" });
    }
    return this.#known?.id ?? null;
  }
}
