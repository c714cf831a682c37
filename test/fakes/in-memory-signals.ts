import type { CallOptions, Signals } from "../../lib/ports";
import type { InstanceReport } from "../../lib/rotation/gate/signals";
import { InMemoryFaults } from "./in-memory-faults";

/** Signals in memory, in the order of consumer and instance as the table has them. */
export class InMemorySignals implements Signals {
  readonly #reports = new Map<string, Map<string, InstanceReport>>();
  readonly #faults: InMemoryFaults;

  constructor(faults: InMemoryFaults = new InMemoryFaults()) {
    this.#faults = faults;
  }

  list(account: string, { signal }: CallOptions): Promise<readonly InstanceReport[]> {
    return this.#faults.run("signals.list", signal, () =>
      [...(this.#reports.get(account) ?? [])]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([, report]) => report),
    );
  }

  update(
    account: string,
    consumer: string,
    instance: string,
    merge: Parameters<Signals["update"]>[3],
    { signal }: CallOptions,
  ): Promise<{ readonly accepted: boolean }> {
    return this.#faults.run("signals.update", signal, () => {
      const reports = this.#reports.get(account) ?? new Map<string, InstanceReport>();
      const { accepted, report } = merge(reports.get(`${consumer}:${instance}`) ?? null);
      this.#reports.set(account, reports.set(`${consumer}:${instance}`, report));
      return { accepted };
    });
  }
}
