import type { Ports } from "../../../lib/ports";

const services = ["batch", "secrets", "rotations", "notices", "signals", "history", "alerts"] as const;
type Service = (typeof services)[number];

const never = (): Promise<never> => new Promise(() => undefined);

/** A process that dies at its nth call of a service: before the call is sent, or after it is done and before anybody hears of it. */
export class Crash {
  readonly died: Promise<void>;
  /** The call at which it died. */
  at: string | null = null;
  #calls = 0;
  #die: () => void = () => undefined;

  constructor(
    private readonly nth: number,
    private readonly when: "before" | "after",
  ) {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  readonly wrap = (ports: Ports): Ports => ({
    ...ports,
    batch: this.#wrapped(ports, "batch"),
    secrets: this.#wrapped(ports, "secrets"),
    rotations: this.#wrapped(ports, "rotations"),
    notices: this.#wrapped(ports, "notices"),
    signals: this.#wrapped(ports, "signals"),
    history: this.#wrapped(ports, "history"),
    alerts: this.#wrapped(ports, "alerts"),
  });

  #wrapped<S extends Service>(ports: Ports, service: S): Ports[S] {
    return new Proxy(ports[service], {
      get: (target, member) => {
        const value: unknown = Reflect.get(target, member);
        return typeof value === "function"
          ? (...args: unknown[]) => this.#call(`${service}.${String(member)}`, () => Reflect.apply(value, target, args))
          : value;
      },
    });
  }

  async #call(name: string, run: () => unknown): Promise<unknown> {
    if (this.at !== null) return never();
    this.#calls += 1;
    if (this.#calls !== this.nth) {
      const answer = await run();
      return this.at === null ? answer : never();
    }
    this.at = `${this.when} call ${this.nth}, ${name}`;
    // What it answers, or throws, nobody hears of.
    if (this.when === "after")
      await Promise.resolve()
        .then(run)
        .catch(() => undefined);
    this.#die();
    return never();
  }
}
