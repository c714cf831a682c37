import type { Ports } from "../../../../lib/ports";

const services = ["batch", "secrets", "rotations", "signals", "history"] as const;
type Service = (typeof services)[number];

export interface Death {
  /** Such as `secrets.publish`. */
  readonly at: `${Service}.${string}`;
  /** "before": the call is never sent. "after": it has its effect, and nobody hears of it. */
  readonly when: "before" | "after";
  /** The call at which it dies, from 1 (default 1). */
  readonly nth?: number;
}

const never = (): Promise<never> => new Promise(() => undefined);

/** The ports of a process that dies in the middle of a call: that call and all that it would have made after it stay unanswered. */
export const dyingAt =
  ({ at, when, nth = 1 }: Death, died: () => void = () => undefined) =>
  (ports: Ports): Ports => {
    let dead = false;
    let seen = 0;
    const call = async (name: string, run: () => unknown): Promise<unknown> => {
      if (dead) return never();
      if (name === at) seen += 1;
      if (name !== at || seen !== nth) {
        const answer = await run();
        return dead ? never() : answer;
      }
      dead = true;
      if (when === "after") await run();
      died();
      return never();
    };
    const wrapped = <S extends Service>(service: S): Ports[S] =>
      new Proxy(ports[service], {
        get: (target, member) => {
          const value: unknown = Reflect.get(target, member);
          return typeof value === "function"
            ? (...args: unknown[]) => call(`${service}.${String(member)}`, () => Reflect.apply(value, target, args))
            : value;
        },
      });
    return {
      ...ports,
      batch: wrapped("batch"),
      secrets: wrapped("secrets"),
      rotations: wrapped("rotations"),
      signals: wrapped("signals"),
      history: wrapped("history"),
    };
  };
