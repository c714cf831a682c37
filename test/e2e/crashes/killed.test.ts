import { setTimeout as wait } from "node:timers/promises";
import type { AccountPlan } from "../app/placed-account";
import { Random } from "../../fakes/world/random";
import { type Hosts, maxMs, openHosts } from "./hosts";
import { rotationsIn } from "./history-problems";

const plans: readonly AccountPlan[] = [
  { name: "render", seed: "primary" },
  { name: "nightly", seed: null },
  { name: "archive", seed: "secondary", config: { settleOn: "primary" } },
  { name: "thumbnails", seed: "secondary" },
];
const kills = 30;
const killers = 3;
const seed = Number(process.env["CRASH_SEED"] ?? 20_261_123);

let rig: Hosts;

beforeAll(async () => {
  rig = await openHosts({ plans, folder: null });
});
afterAll(() => rig.close());

/**
 * Resolves after this number of requests of any host to Resource Manager or a vault, which it sends in the middle of
 * its work: after a time, a host on a slow machine may not have begun.
 */
const requests = (count: number): Promise<void> =>
  new Promise((resolve) => {
    let left = count;
    const stop = rig.emulators.journal.onRequest(({ route }) => {
      if (!/^(?:arm|vault)\./.test(route)) return;
      left -= 1;
      if (left > 0) return;
      stop();
      resolve();
    });
  });

/** The number of hosts killed while a rotation of at least one account was under way. */
const inMidRotation = (diedAt: readonly Date[], rotations: ReturnType<typeof rotationsIn>): number =>
  diedAt
    .map((date) => date.toISOString())
    .filter((at) => rotations.some(({ startedAt, endedAt }) => startedAt <= at && (endedAt === null || at <= endedAt)))
    .length;

/** That many were killed, and a third of them in the middle of a rotation: on a slow machine that takes some more. */
const isEnough = async (diedAt: readonly Date[]): Promise<boolean> => {
  if (diedAt.length < kills) return false;
  const histories = await Promise.all(plans.map(({ name }) => rig.history(name)));
  return inMidRotation(diedAt, histories.flatMap(rotationsIn)) >= kills / 3;
};

/** Starts and kills hosts after random numbers of requests until enough were killed. */
const killOneAfterAnother = async (random: Random, diedAt: Date[]): Promise<void> => {
  while (!(await isEnough(diedAt))) {
    const host = await rig.host();
    await requests(random.between(1, 20));
    await wait(random.next() * 100);
    diedAt.push(new Date());
    rig.takeAway(host);
    await host.kill();
  }
};

it(
  `no call is refused and all rotations complete while ${kills} hosts are killed (seed ${seed})`,
  async () => {
    const random = new Random(seed);
    const diedAt: Date[] = [];
    let over = false;
    const killing = Promise.all(Array.from({ length: killers }, () => killOneAfterAnother(random, diedAt)));
    await Promise.all([killing.finally(() => (over = true)), rig.demandUntil(() => over)]);
    await rig.host();
    await rig.allRotated();
    const histories = await rig.expectUnharmed(100);
    expect(inMidRotation(diedAt, histories.flatMap(rotationsIn))).toBeGreaterThanOrEqual(kills / 3);
  },
  maxMs,
);
