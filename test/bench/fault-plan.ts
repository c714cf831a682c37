import type { Faults } from "../emulators/faults";
import type { Route } from "../emulators/routes";
import { Random } from "../fakes/world/random";

const routes = [
  "arm.getAccount",
  "arm.listKeys",
  "arm.regenerateKeys",
  "batch.listPools",
  "batch.listJobs",
  "batch.listJobSchedules",
  "vault.getSecret",
  "vault.getSecretVersion",
  "vault.setSecret",
  "vault.updateSecret",
] as const satisfies readonly Route[];

/** More requests of one route about one account than a run makes. */
const requests = 200;

/**
 * Of every 100 requests 5 fail without effect and 2 have their effect but lose their answer. Drawn for each route and
 * number of the request, from the seed and the account's number: whichever process sends the tenth regenerate about the
 * third account meets the same fault.
 */
export const planFaults = (faults: Faults, seed: number, account: number, subjects: readonly string[]): void => {
  const random = new Random(seed * 100_003 + account);
  for (const route of routes) {
    for (let nth = 1; nth <= requests; nth++) {
      const draw = random.next();
      const fails = draw < 0.05;
      if (!fails && draw >= 0.07) continue;
      const reset = random.chance(0.5);
      for (const subject of subjects) {
        const aim = { route, subject, nth, when: fails ? "before" : "after" } as const;
        if (fails && !reset) faults.add({ ...aim, kind: "status", status: 503 });
        else faults.add({ ...aim, kind: "resetBeforeAnswer" });
      }
    }
  }
};
