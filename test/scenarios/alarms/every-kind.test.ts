import { days, hours, minutes, seconds } from "../../builders/time";
import { alarmKinds } from "../../../lib/rotation/events/events";
import { type AlarmStory, alarmStories } from "./kinds";
import type { Reaction } from "../../rig/receiver";

afterEach(() => jest.restoreAllMocks());

interface Receiving {
  readonly receiver: string;
  /** The reaction at a time since the alarm, in milliseconds. */
  readonly reacts: (sinceMs: number, nth: number) => Reaction;
  readonly forMs: number;
  /** Minutes since the alarm at which it is sent to the receiver; ticks come every five. */
  readonly sentAt: readonly number[];
  readonly dropped: number;
}

/** A failed delivery is retried after 1, 2, 4, … minutes, at most an hour. */
const atFirst = [0, 5, 10, 15];
const aDay = [...atFirst, 25, 45, 80, ...Array.from({ length: 22 }, (_, index) => 140 + 60 * index)];

const receivings: readonly Receiving[] = [
  {
    receiver: "fails at first",
    reacts: (_, nth) => (nth <= 3 ? "refused" : 200),
    forMs: hours(1),
    sentAt: atFirst,
    dropped: 0,
  },
  {
    receiver: "is slow",
    reacts: () => ({ status: 202, afterMs: seconds(4.9) }),
    forMs: hours(1),
    sentAt: [0],
    dropped: 0,
  },
  {
    receiver: "answers 500 three times",
    reacts: (_, nth) => (nth <= 3 ? 500 : 204),
    forMs: hours(1),
    sentAt: atFirst,
    dropped: 0,
  },
  { receiver: "answers 410", reacts: () => 410, forMs: hours(1), sentAt: [0], dropped: 1 },
  { receiver: "never answers", reacts: () => "silence", forMs: hours(25), sentAt: aDay, dropped: 1 },
  {
    receiver: "is down for hours",
    reacts: (sinceMs) => (sinceMs < hours(4) ? "refused" : 200),
    forMs: hours(6),
    sentAt: [...atFirst, 25, 45, 80, 140, 200, 260],
    dropped: 0,
  },
];

const raise = async ({ begins, strikes }: AlarmStory, { reacts, forMs }: Pick<Receiving, "reacts" | "forMs">) => {
  const place = await begins();
  const { rig } = place;
  rig.receiver.received.length = 0;
  const since = rig.clock.now().getTime();
  rig.receiver.reacts = (nth) => reacts(rig.clock.now().getTime() - since, nth);
  await strikes?.(place);
  await rig.ticking(forMs);
  return { place, since };
};

describe.each(alarmStories)("$kind, $reason", (story) => {
  it.each(receivings)("is sent $sentAt.length times to a receiver that $receiver", async (receiving) => {
    const { place, since } = await raise(story, receiving);
    const { rig } = place;
    const sent = rig.receiver.received.filter(({ kind }) => kind === story.kind);
    expect(sent.map(({ at }) => Math.floor((Date.parse(at) - since) / minutes(1)))).toEqual(receiving.sentAt);
    expect(rig.receiver.received).toHaveLength(sent.length);
    expect([...new Set(sent.map(({ account }) => account))]).toEqual([story.account]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
    expect(rig.logged("AlertDropped").map(({ account }) => account)).toEqual(
      Array.from({ length: receiving.dropped }, () => story.account),
    );
    expect(rig.logged(story.kind)).toMatchObject([
      { level: "error", id: sent[0]?.id, account: story.account, reason: story.reason },
    ]);
  });
});

const lasting = alarmStories.flatMap((story) => (story.ends === null ? [] : [{ ...story, ends: story.ends }]));

describe.each(lasting)("$kind, $reason", (story) => {
  it("is cleared once on every channel when it ends", async () => {
    const { place } = await raise(story, { reacts: () => 200, forMs: days(1) });
    const { rig } = place;
    await story.ends(place);
    await rig.ticking(days(1));
    expect(rig.receiver.received.map(({ kind, cleared, account }) => [kind, cleared, account])).toEqual([
      [story.kind, null, story.account],
      ["AlarmCleared", story.kind, story.account],
    ]);
    expect(rig.logged("AlarmCleared")).toMatchObject([
      { level: "info", id: rig.receiver.received[1]?.id, account: story.account, kind: story.kind },
    ]);
  });
});

it("these stories cover every kind of alarm", () => {
  expect(new Set(alarmStories.map(({ kind }) => kind))).toEqual(new Set(alarmKinds));
});
