import { setTimeout as wait } from "node:timers/promises";
import { type Answer, type Host, statusOf } from "../app/host";
import { type Hosts, maxMs, openHosts } from "./hosts";
import { rotationsIn } from "./history-problems";

/** Of each account while both hosts are asked. */
const rotations = 4;
let rig: Hosts;

beforeAll(async () => {
  rig = await openHosts({
    plans: [
      { name: "render", seed: "primary" },
      { name: "nightly", seed: "secondary", config: { settleOn: "primary" } },
      { name: "archive", seed: "primary" },
    ],
    folder: null,
  });
});
afterAll(() => rig.close());

/** The rotation in the answer to an accepted request: under way or already completed. */
const rotationOf = (answer: Answer): string | null => {
  const { rotation, lastRotation } = statusOf(answer);
  return rotation?.id ?? lastRotation?.id ?? null;
};

/**
 * Repeatedly requests the same rotation twice from both hosts at once, until some were accepted. Returns accepted
 * rotations and answers.
 */
const hammer = async (hosts: readonly Host[], account: string) => {
  const accepted: (readonly (string | null)[])[] = [];
  const statuses: number[] = [];
  for (let round = 0; new Set(accepted.flat()).size < rotations; round += 1) {
    const replies = await Promise.all(
      [...hosts, ...hosts].map((host) =>
        host
          .rotate(account, { reason: `round ${round}` }, { "idempotency-key": `${account}-${round}` })
          .catch(() => null),
      ),
    );
    const heard = replies.filter((reply) => reply !== null);
    statuses.push(...heard.map(({ status }) => status));
    const ids = heard.filter(({ status }) => status === 202).map(rotationOf);
    if (ids.length > 0) accepted.push([...new Set(ids)]);
    await wait(50);
  }
  return { account, accepted, statuses };
};

it(
  "two hosts with concurrent requests rotate once at a time, and no call of an app is refused",
  async () => {
    const hosts = await Promise.all([rig.host(), rig.host()]);
    const hammered = await Promise.all(rig.accounts.map(({ name }) => hammer(hosts, name)));
    await rig.allRotated();

    await rig.expectUnharmed(50);
    for (const { account, accepted, statuses } of hammered) {
      const history = await rig.history(account);
      expect(new Set(statuses)).toEqual(new Set([202, 409]));
      expect(accepted.filter((ids) => ids.length > 1)).toEqual([]);
      const started = rotationsIn(history).map(({ id }) => id);
      expect(started).toEqual(expect.arrayContaining(accepted.flat()));
      expect(started.length).toBeGreaterThanOrEqual(rotations);
    }
  },
  maxMs,
);
