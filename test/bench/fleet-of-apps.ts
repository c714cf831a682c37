import type { Emulators } from "../emulators/emulators";
import type { Vault } from "../emulators/vault";
import { minutes } from "../builders/time";
import { Random } from "../fakes/world/random";

/** An app that reads the secret now and then, and calls Batch with the key that it has read. */
export interface BenchApp {
  readonly account: string;
  readonly secretName: string;
  readonly readEveryMs: number;
  nextReadAt: number;
  key: string;
  version: string;
}

const usualMs = minutes(5);
/** An app that is restarted, or reads its settings, once in half a working day. */
const slowMs = minutes(360);

/** Two apps for each account. One in ten is slow; which, the seed says. */
export class FleetOfApps {
  readonly apps: readonly BenchApp[];
  answered = 0;
  refused = 0;

  constructor(
    private readonly emulators: Emulators,
    private readonly vault: Vault,
    accounts: readonly { readonly name: string; readonly secretName: string }[],
    seed: number,
  ) {
    const random = new Random(seed);
    this.apps = accounts.flatMap(({ name, secretName }) =>
      [0, 1].map(() => {
        const readEveryMs = random.chance(0.1) ? slowMs : usualMs;
        return { account: name, secretName, readEveryMs, nextReadAt: random.below(readEveryMs), key: "", version: "" };
      }),
    );
    for (const app of this.apps) this.#read(app);
  }

  #read(app: BenchApp): void {
    const newest = this.vault.newest(app.secretName);
    if (newest === null) throw new Error(`there is no secret ${app.secretName}`);
    app.key = newest.value;
    app.version = newest.version;
  }

  /** Five minutes have passed: some apps read, and every app calls Batch once. */
  passed(nowMs: number): void {
    for (const app of this.apps) {
      if (nowMs >= app.nextReadAt) {
        this.#read(app);
        app.nextReadAt += app.readEveryMs;
      }
      if (this.emulators.batch.accepts(app.account, app.key)) this.answered += 1;
      else this.refused += 1;
    }
  }
}
