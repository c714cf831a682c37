import { hostLineOf } from "../rotation-events";
import { plan } from "./fleet-plan";

interface Noted {
  readonly event: string;
  readonly at: string;
  readonly account: string | null;
  readonly detail: string;
}

const textIn = (value: unknown, name: string): string | null => {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : null;
  return typeof found === "string" ? found : null;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** An event that the app has logged; null for any other line. */
export const notedIn = (line: string): Noted | null => {
  const message = hostLineOf(line)?.message;
  const parsed = message === undefined ? null : parse(message);
  const [event, at] = [textIn(parsed, "event"), textIn(parsed, "at")];
  if (event === null || at === null) return null;
  return { event, at, account: textIn(parsed, "account"), detail: textIn(parsed, "detail") ?? "" };
};

const isCanary = (account: string): boolean => plan.canaries.some((canary) => canary === account);

/** What the app's log says about the fleet. */
export class FleetLedger {
  readonly adopted = new Set<string>();
  /** When each account's rotation started and completed, in milliseconds since 1970. */
  readonly started = new Map<string, number>();
  readonly completed = new Map<string, number>();
  mostAtOnce = 0;
  stoppedAt: number | null = null;
  stoppedBecause = "";

  note({ event, at, account, detail }: Noted): void {
    const when = Date.parse(at);
    if (event === "FleetStopped" && this.stoppedAt === null) {
      this.stoppedAt = when;
      this.stoppedBecause = detail;
    }
    if (account === null) return;
    if (event === "Adopted") this.adopted.add(account);
    if (event === "RotationStarted") this.started.set(account, when);
    if (event === "RotationCompleted") this.completed.set(account, when);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.rotating);
  }

  get rotating(): number {
    return this.started.size - this.completed.size;
  }

  get canariesCompletedAt(): number | null {
    const ends = plan.canaries.map((canary) => this.completed.get(canary));
    return ends.some((end) => end === undefined) ? null : Math.max(...ends.map((end) => end ?? 0));
  }

  startedAfter(instant: number): number {
    return [...this.started.values()].filter((at) => at > instant).length;
  }

  /** Others than canaries that started before both of these had completed. */
  get tooEarly(): readonly string[] {
    const end = this.canariesCompletedAt ?? Number.POSITIVE_INFINITY;
    return [...this.started].flatMap(([account, at]) => (isCanary(account) || at >= end ? [] : [account]));
  }
}
