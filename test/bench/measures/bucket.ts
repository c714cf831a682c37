import type { Work } from "../../../lib/operations/tick/work";
import { toInstant } from "../../../lib/rotation/time/time";
import { minutes } from "../../builders/time";
import { DueAccounts, type Placed } from "../due-accounts";
import { type Measure, type Row, row, type Surroundings } from "../row";

const otherSubscription = "00000000-0000-4000-8000-000000000002";
/** Resource Manager's limit for writes, by its documentation. */
const bucket = { capacity: 200, refillPerSecond: 10 } as const;

/** What the emulators see: the writes about the many accounts, the refusals, and when the last key was published. */
const watch = (stage: DueAccounts, few: readonly Placed[]) => {
  const seen = { writes: 0, refused: 0, firstAt: 0, fewAt: 0, allAt: 0 };
  stage.emulators.journal.onRequest(({ route, status, path }) => {
    if (status === 429) seen.refused += 1;
    if (/^arm\.(listKeys|regenerateKeys)$/.test(route) && !path.includes(otherSubscription)) seen.writes += 1;
    if (seen.firstAt === 0 && route === "arm.listKeys") seen.firstAt = performance.now();
    if (route !== "vault.setSecret") return;
    seen.allAt = performance.now();
    if (seen.fewAt === 0 && stage.published(few) === few.length) seen.fewAt = seen.allAt;
  });
  return seen;
};

/** Many due accounts in one subscription, a few in another, and the bucket of Resource Manager. */
const oneSubscription = async ({ full, stop }: Surroundings): Promise<readonly Row[]> => {
  const count = full ? 1_000 : 200;
  const stage = await DueAccounts.open();
  try {
    for (let index = 0; index < count; index++) stage.place(`many${index}`);
    for (let index = 0; index < 10; index++) stage.place(`few${index}`, otherSubscription);
    const few = stage.accounts.filter(({ name }) => name.startsWith("few"));
    await stage.start(1, stop);
    stage.emulators.batch.limitRequests(true);
    const seen = watch(stage, few);
    while (stage.published() < stage.accounts.length) {
      stop.throwIfAborted();
      await stage.hosts[0]?.tick();
    }
    const [fewAfter, allAfter] = [(seen.fewAt - seen.firstAt) / 1000, (seen.allAt - seen.firstAt) / 1000];
    const ideal = Math.max(0, seen.writes - bucket.capacity) / bucket.refillPerSecond;
    const through = `the bucket lets ${seen.writes} writes through in ${ideal.toFixed(1)} s`;
    const note = `${allAfter.toFixed(1)} s from the first write; ${through}; real time`;
    return [
      row("11", `${count} due accounts in one subscription, until all are published`, allAfter / ideal, {
        unit: "×",
        bound: 1.1,
        note,
      }),
      row("11", "requests of these that were answered 429", seen.refused, { bound: 0 }),
      row("11", "ten due accounts of another subscription are through after", fewAfter / allAfter, {
        unit: "× of that",
        bound: 0.25,
        note: `${fewAfter.toFixed(1)} s`,
      }),
    ];
  } finally {
    await stage.close();
  }
};

/** The message of the queue about all accounts of the first subscription, as a tick writes it. */
const messageOf = (stage: DueAccounts): string => {
  const at = new Date();
  const [, subscription = ""] = /subscriptions\/([^/]+)/.exec(stage.accounts[0]?.resourceId ?? "") ?? [];
  const work: Work = {
    at: toInstant(at),
    until: toInstant(new Date(at.getTime() + minutes(5))),
    subscription,
    accounts: stage.accounts.map(({ name }) => name),
    byRecords: false,
  };
  return JSON.stringify(work);
};

/** Three workers that all get the same message twice, at the same time, and again until all accounts are through. */
const duplicates = async ({ full, stop }: Surroundings): Promise<Row> => {
  const count = full ? 1_000 : 60;
  const stage = await DueAccounts.open();
  try {
    for (let index = 0; index < count; index++) stage.place(`twice${index}`);
    await stage.start(3, stop);
    let messages = 0;
    while (stage.published() < count) {
      stop.throwIfAborted();
      const message = messageOf(stage);
      await Promise.all(stage.hosts.flatMap((host) => [host.work(message), host.work(message)]));
      messages += 2 * stage.hosts.length;
    }
    const sent = stage.emulators.journal.of("arm.regenerateKeys");
    const subjects = sent.map(({ subject }) => subject);
    const twice = new Set(subjects.filter((subject, index) => subjects.indexOf(subject) !== index)).size;
    const took = stage.hosts.filter((host) => host.moved() > 0).length;
    const note = `of ${count}; ${messages} messages to three workers, ${took} of which drove accounts`;
    return row("11", "accounts whose key was regenerated twice", twice, { bound: 0, note });
  } finally {
    await stage.close();
  }
};

export const crowded: Measure = {
  name: "bucket",
  title: "bucket: many accounts in one subscription; several processes on the same accounts",
  run: async (surroundings) => [...(await oneSubscription(surroundings)), await duplicates(surroundings)],
};
